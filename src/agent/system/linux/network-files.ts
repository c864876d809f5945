import { parseDocument, parse as parseYaml, YAMLMap } from 'yaml';
import { macPattern, sharedAddress, type TextChange, withoutLines } from './text-change.ts';

/**
 * What binds a network configuration to the network card of the PC that the image was made on: its MAC address, and its name, as the name
 * follows the card's slot. All pure. Where a system has one wired card configured, the configuration is made to fit whatever the card is
 * called here; where it has several, only MAC addresses go.
 */

const isWiredName = (name: string): boolean => /^(e(th|n[opsx]|m)[0-9a-z]*)$/i.test(name);

/** ifupdown, interfaces(5): `allow-hotplug enp1s0` becomes the pattern `/e*=enp1s0`; the stanza keeps its name as a logical one. */
export const freeInterfaces = (text: string): TextChange => {
  const bound = new RegExp(`^\\s*hwaddress\\s+(ether\\s+)?${macPattern}\\s*$`, 'i');
  const free = withoutLines(text, (line) => (bound.test(line) ? 'hwaddress' : undefined));
  const stanzas = [...free.text.matchAll(/^\s*iface\s+(\S+)\s+inet6?\s+(\S+)/gm)];
  const names = new Set(stanzas.map(([, name = '']) => name).filter((name) => name !== 'lo'));
  const [name, ...others] = names;
  if (stanzas.some(([, stanza, method]) => names.has(stanza ?? '') && method === 'static'))
    free.warnings.push(sharedAddress);
  if (name === undefined || others.length > 0 || !isWiredName(name)) return free;
  const opening = /^(\s*(?:auto|allow-\S+)\s+)(.*)$/gm;
  const after = free.text.replace(opening, (_line, verb: string, list: string) => {
    const patterns = list.split(/\s+/).map((one) => (one === name ? `/e*/1=${name}` : one));
    return `${verb}${patterns.join(' ')}`;
  });
  return after === free.text
    ? free
    : { ...free, text: after, changes: [...free.changes, `${name} is whatever the wired card is called`] };
};

/** NetworkManager's keyfiles. `isOnly`: no other profile for wired cards is there. */
export const freeProfile = (text: string, isOnly: boolean): TextChange => {
  if (!/^type=(ethernet|802-3-ethernet)\s*$/m.test(text)) return { text, changes: [], warnings: [] };
  const literal = new RegExp(`^(mac-address|cloned-mac-address)=${macPattern}`);
  const free = withoutLines(text, (line) => {
    const key = literal.exec(line)?.[1];
    if (key !== undefined) return key;
    return isOnly && /^interface-name=/.test(line) ? 'interface-name' : undefined;
  });
  if (/^address(es)?\d*=/m.test(text)) free.warnings.push(sharedAddress);
  return free;
};

export const isWiredProfile = (text: string): boolean => /^type=(ethernet|802-3-ethernet)\s*$/m.test(text);

/** `ifcfg-*` of Fedora, RHEL and SUSE. `anyName`: NetworkManager reads it, and it is the only one for wired cards. */
export const freeIfcfg = (text: string, anyName: boolean): TextChange => {
  const free = withoutLines(text, (line) => {
    const key = /^\s*(HWADDR|MACADDR|DEVICE)\s*=/.exec(line)?.[1];
    return key === 'DEVICE' && !anyName ? undefined : key;
  });
  if (/^\s*IPADDR\d*\s*=\s*\S/m.test(text)) free.warnings.push(sharedAddress);
  return free;
};

/** systemd.network(5). `isOnly`: no other `.network` file is there. */
export const freeNetwork = (text: string, isOnly: boolean): TextChange => {
  const match = /^\[Match\][^[]*/m.exec(text)?.[0];
  const warnings = /^\s*Address\s*=/m.test(text) ? [sharedAddress] : [];
  if (match === undefined) return { text, changes: [], warnings };
  const free = withoutLines(match, (line) => {
    const [, key, value = ''] = /^\s*(MACAddress|PermanentMACAddress|Name)\s*=\s*(.*)$/.exec(line) ?? [];
    return key === 'Name' && !(isOnly && isWiredName(value.trim())) ? undefined : key;
  });
  if (free.changes.length === 0) return { text, changes: [], warnings };
  const left = free.text.split('\n').some((line) => /^\s*\w+\s*=/.test(line));
  const after = left ? free.text : free.text.replace('[Match]', '[Match]\nType=ether');
  return { text: text.replace(match, () => after), changes: free.changes, warnings };
};

/** A `.link` file that is for one card only, and names it: with the card it is gone. */
export const isCardsLink = (text: string): boolean => /^\s*(Permanent)?MACAddress\s*=/m.test(text);

/** netplan's YAML, and cloud-init's in the same form; comments stay. */
export const freeNetplan = (text: string): TextChange => {
  const nothing: TextChange = { text, changes: [], warnings: [] };
  const document = parseDocument(text);
  if (document.errors.length > 0) return { ...nothing, warnings: ['it is no YAML that can be read'] };
  const cards = document.getIn(['network', 'ethernets']);
  if (!(cards instanceof YAMLMap)) return nothing;
  const changes: string[] = [];
  for (const { key, value } of cards.items) {
    if (!(value instanceof YAMLMap)) continue;
    if (value.hasIn(['match', 'macaddress'])) {
      value.deleteIn(['match', 'macaddress']);
      value.delete('set-name');
      changes.push(`${key}: macaddress`);
    }
    if (value.has('macaddress')) {
      value.delete('macaddress');
      changes.push(`${key}: macaddress`);
    }
    const match = value.get('match');
    const isEmpty = match instanceof YAMLMap && match.items.length === 0;
    if (isEmpty) value.delete('match');
    if (cards.items.length === 1 && !value.has('match') && (isEmpty || isWiredName(`${key}`))) {
      value.set('match', document.createNode({ name: 'e*' }));
      changes.push(`${key} is whatever the wired card is called`);
    }
  }
  const warnings = fixedInNetplan(text) ? [sharedAddress] : [];
  return changes.length === 0 ? { ...nothing, warnings } : { text: document.toString(), changes, warnings };
};

const fixedInNetplan = (text: string): boolean => {
  const { ethernets } = parseYaml(text)?.network ?? {};
  return Object.values((ethernets ?? {}) as Record<string, { addresses?: unknown[] } | null>).some(
    (card) => (card?.addresses?.length ?? 0) > 0,
  );
};
