/** An entry of the firmware's boot menu as `efibootmgr -v` prints it. */
export interface BootEntry {
  /** Four hex digits. */
  number: string;
  label: string;
  /** The device path in text. */
  path: string;
}

export interface BootMenu {
  current: string | undefined;
  order: string[];
  entries: BootEntry[];
}

/** Reads the output of `efibootmgr -v`. */
export const parseBootMenu = (output: string): BootMenu => ({
  current: /^BootCurrent: ([0-9A-F]{4})$/m.exec(output)?.[1],
  order: /^BootOrder: ([0-9A-F,]+)$/m.exec(output)?.[1]?.split(',') ?? [],
  entries: [...output.matchAll(/^Boot([0-9A-F]{4})\*? ([^\t\n]*)(?:\t(.*))?$/gm)].map(
    ([, number = '', label = '', path = '']) => ({ number, label: label.trim(), path }),
  ),
});

const isNetwork = ({ path }: BootEntry): boolean => /\bMAC\(/.test(path);

/**
 * The PC asks the network first at every power-on, then falls to its disk: what booted now (or else every network entry), the disk's
 * entry, and the rest as they were. Pure.
 */
export const networkFirst = ({ current, order, entries }: BootMenu, diskEntry: string): string[] => {
  const first =
    current && current !== diskEntry ? [current] : entries.filter(isNetwork).map(({ number }) => number);
  return [...new Set([...first, diskEntry, ...order])];
};
