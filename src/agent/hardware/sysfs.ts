import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';

/**
 * The kernel's own view of the hardware: `/proc` and `/sys`, under a root that tests set. Absence is a value: an attribute that is not
 * there, or that the driver refuses to read (a NIC that is down has no carrier), is `undefined`.
 */
export interface Sysfs {
  /** An attribute's text: trimmed, printable, at most 256 characters; `undefined` if there is nothing in it. */
  text(file: string): string | undefined;
  number(file: string): number | undefined;
  bytes(file: string): Buffer | undefined;
  /** The whole file as it is. */
  file(file: string): string;
  names(folder: string): string[];
  /** Where a link leads, from the root; `undefined` if it leads nowhere. */
  target(link: string): string | undefined;
}

const orUndefined = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch {
    return undefined;
  }
};

/** Printable characters only: these strings reach screens, logs and JSON. */
export const printable = (raw: string): string | undefined =>
  raw
    .replace(/[^\x20-\x7e]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 256) || undefined;

export const openSysfs = (root = '/'): Sysfs => {
  const realRoot = realpathSync(root);
  const at = (name: string): string => path.join(realRoot, name);
  const text = (name: string): string | undefined =>
    printable(orUndefined(() => readFileSync(at(name), 'latin1')) ?? '');
  return {
    text,
    number(name) {
      const value = Number(text(name) ?? Number.NaN);
      return Number.isFinite(value) ? value : undefined;
    },
    bytes: (name) => orUndefined(() => readFileSync(at(name))),
    file: (name) => orUndefined(() => readFileSync(at(name), 'utf8')) ?? '',
    names: (folder) => orUndefined(() => readdirSync(at(folder)).sort()) ?? [],
    target: (link) =>
      orUndefined(() => `/${path.relative(realRoot, realpathSync(at(link)))}`.replaceAll('//', '/')),
  };
};
