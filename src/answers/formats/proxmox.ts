import { parse } from 'smol-toml';
import { deviceOf, withoutDev } from '../disk-device.ts';
import type { AnswerFormat } from '../format.ts';
import type { InstallValues } from '../install-values.ts';
import { unfit } from '../syntax.ts';
import { toml } from '../syntaxes/data.ts';

/** Proxmox' keyboards; those that xkb calls otherwise. */
const renamed: Readonly<Record<string, string>> = {
  us: 'en-us',
  gb: 'en-gb',
  ch: 'de-ch',
  'ch(fr)': 'fr-ch',
  be: 'fr-be',
  ca: 'fr-ca',
  br: 'pt-br',
};
const known = new Set([
  'de',
  'dk',
  'es',
  'fi',
  'fr',
  'hu',
  'is',
  'it',
  'jp',
  'lt',
  'mk',
  'nl',
  'no',
  'pl',
  'pt',
  'se',
  'si',
  'tr',
]);

const keyboardOf = ({ keyboard: { layout, variant } }: InstallValues): string => {
  const found =
    renamed[`${layout}(${variant})`] ?? renamed[layout] ?? (known.has(layout) ? layout : undefined);
  if (!found) throw unfit('keyboard.layout', "one of Proxmox' keyboards", `there is none for ${layout}`);
  return found;
};

/** Properties of udev by the links that it makes of them. */
const byLink: readonly [property: string, link: RegExp][] = [
  ['ID_WWN', /^\/dev\/disk\/by-id\/wwn-(.+)$/],
  ['ID_WWN', /^\/dev\/disk\/by-id\/nvme-((?:eui|naa|uuid)\..+)$/],
  ['ID_SERIAL', /^\/dev\/disk\/by-id\/(?:ata|nvme|usb|virtio)-(.+)$/],
  ['ID_PATH', /^\/dev\/disk\/by-path\/(.+)$/],
];

/** The installer knows disks by their kernel's name or by what udev says of them. */
const diskOf = (values: InstallValues) => {
  const device = deviceOf(values);
  for (const [property, link] of byLink) {
    const value = link.exec(device)?.[1];
    if (value !== undefined) return { property, value };
  }
  const name = withoutDev(device);
  if (name.includes('/'))
    throw unfit('disk.device', 'a disk of this installer', `udev has no property for ${device}`);
  return { property: null, names: [name] };
};

const needed = (name: string, value: string | undefined): string => {
  if (value === undefined) throw unfit(name, 'an answer of Proxmox', 'its installer asks for it');
  return value;
};

/** Proxmox VE since 8.2, Backup Server, Mail Gateway. */
export const proxmox: AnswerFormat = {
  name: 'proxmox',
  syntax: toml,
  files: [{ name: 'answer.toml', contentType: 'application/toml', template: 'proxmox' }],
  facts: (values) => ({
    keymap: keyboardOf(values),
    country: /_([A-Z]{2})/.exec(values.locale)?.[1]?.toLowerCase() ?? 'us',
    fullHostName: `${values.hostName}.${needed('domain', values.domain)}`,
    mailTo: `root@${values.hostName}.${values.domain}`,
    rootHash: needed('rootPasswordHash', values.rootPasswordHash),
    rootKeys: values.users.filter(({ isAdmin }) => isAdmin).flatMap(({ sshKeys }) => sshKeys ?? []),
    bootDisk: diskOf(values),
    swapGibibytes: values.disk.swapMebibytes === undefined ? null : values.disk.swapMebibytes / 1024,
  }),
  check: (text) => void parse(text),
};
