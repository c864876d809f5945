import { type DiskVolume, volumeName } from '../disk-volumes.ts';
import { findDevice } from './device-names.ts';

/** A line of fstab(5). */
export interface FstabEntry {
  /** Counted from 0. */
  line: number;
  device: string;
  mountPoint: string;
  type: string;
  options: string[];
}

export const parseFstab = (text: string): FstabEntry[] =>
  text.split('\n').flatMap((row, line) => {
    const [device, mountPoint, type, options = 'defaults'] = row.trim().split(/\s+/);
    if (!device || device.startsWith('#') || !mountPoint || !type) return [];
    return [{ line, device, mountPoint, type, options: options.split(',') }];
  });

/** Without these the system does not start: `nofail` would only hide the reason. */
const essential = ['/', '/usr'];

/** The changed fields of an entry put in their places; everything else of the line stays, blanks included. */
const rewritten = (row: string, change: { device?: string; options?: string }): string => {
  const [, indent = '', device = '', between = '', options = '', rest = ''] =
    /^(\s*)(\S+)(\s+\S+\s+\S+\s*)(\S*)(.*)$/.exec(row) ?? [];
  return `${indent}${change.device ?? device}${between}${options === '' && change.options ? ' ' : ''}${change.options ?? options}${rest}`;
};

export interface FstabCheck {
  text: string;
  /** Entries that are about a partition. */
  checked: number;
  fixed: string[];
  warnings: string[];
  /** What the only swap partition has to be called, so that fstab, and the initramfs with it, finds it. */
  swapName?: { device: string; name: string } | undefined;
}

const fits = ({ type }: FstabEntry, volume: DiskVolume): boolean =>
  volume.type !== undefined && (type === 'auto' || type === volume.type);

/** GPT's type GUID and MBR's byte for swap. */
const swapTypes = ['0657FD6D-A4AB-43C4-84E5-0933C84B4F4F', '82'];
const isSwapPlace = ({ type, partitionType }: DiskVolume): boolean =>
  type === 'swap' || (type === undefined && swapTypes.includes(partitionType));

/**
 * Holds the entries against the partitions of this disk. Certain faults are mended: a name that the kernel gave the old disk becomes a
 * UUID; the only swap partition gets the name that is asked for. What is nowhere would keep the system from starting: it gets `nofail`. Pure.
 */
export const checkFstab = (text: string, volumes: readonly DiskVolume[]): FstabCheck => {
  const rows = text.split('\n');
  const entries = parseFstab(text);
  const check: FstabCheck = { text, checked: 0, fixed: [], warnings: [] };
  const found = entries.map((entry) => ({ entry, is: findDevice(entry.device, volumes) }));
  const oldDisks = new Set(found.flatMap(({ is }) => (is.kind === 'by-number' ? [is.disk] : [])));
  const swaps = volumes.filter(isSwapPlace);
  const isUsed = ({ device }: DiskVolume): boolean =>
    found.some(({ is }) => is.kind === 'here' && is.volume.device === device);
  const change = ({ line }: FstabEntry, what: Parameters<typeof rewritten>[1]): void => {
    rows[line] = rewritten(rows[line] ?? '', what);
  };
  const dangling = (entry: FstabEntry): void => {
    const { device, mountPoint, options } = entry;
    const where = entry.type === 'swap' ? 'swap' : mountPoint;
    if (essential.includes(mountPoint) || options.some((one) => one === 'nofail' || one === 'noauto')) {
      check.warnings.push(`ATTENTION: ${device} (${where}) is not on this disk`);
      return;
    }
    change(entry, { options: [...options, 'nofail'].join(',') });
    check.warnings.push(
      `ATTENTION: ${device} (${where}) is not on this disk: the system starts without it (nofail)`,
    );
  };
  for (const { entry, is } of found) {
    if (is.kind === 'other') continue;
    check.checked += 1;
    if (is.kind === 'here') continue;
    if (is.kind === 'by-number' && oldDisks.size === 1 && is.volume?.uuid && fits(entry, is.volume)) {
      change(entry, { device: `UUID=${is.volume.uuid}` });
      check.fixed.push(`${entry.device} (${entry.mountPoint}) → UUID=${is.volume.uuid}`);
      continue;
    }
    const [swap, ...more] = swaps;
    const name = /^(UUID|LABEL)=/i.test(entry.device) && entry.type === 'swap' ? entry.device : undefined;
    if (name && swap && more.length === 0 && !isUsed(swap) && !check.swapName) {
      check.swapName = { device: swap.device, name };
      check.fixed.push(`the swap on ${volumeName(swap)} is ${name} now`);
      continue;
    }
    dangling(entry);
  }
  return { ...check, text: rows.join('\n') };
};
