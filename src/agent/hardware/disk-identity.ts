import type { Sysfs } from './sysfs.ts';
import { printable } from './sysfs.ts';

export interface DiskIdentity {
  serial: string | undefined;
  wwn: string | undefined;
}

/** SPC-4 section 7.8.15, unit serial number page: bytes 2 and 3 are the length, then ASCII. */
export const parseSerialPage = (page: Buffer | undefined): string | undefined =>
  page && page.length > 4 && page[1] === 0x80
    ? printable(page.toString('latin1', 4, 4 + page.readUInt16BE(2)))
    : undefined;

/**
 * SPC-4 section 7.8.6, device identification page: the NAA (3) or EUI-64 (2) designator of the logical unit itself
 * (association 0), in hex behind its kind, as the kernel's `wwid` attribute writes it.
 */
export const parseIdentificationPage = (page: Buffer | undefined): string | undefined => {
  if (!page || page.length < 8 || page[1] !== 0x83) return undefined;
  const end = Math.min(page.length, 4 + page.readUInt16BE(2));
  for (let at = 4; at + 4 <= end; at += 4 + (page[at + 3] ?? 0)) {
    const kind = (page[at + 1] ?? 0) & 0x3f;
    const value = page.subarray(at + 4, Math.min(end, at + 4 + (page[at + 3] ?? 0))).toString('hex');
    if (kind === 3) return `naa.${value}`;
    if (kind === 2) return `eui.${value}`;
  }
  return undefined;
};

/** Only registered names: `t10.` and the like repeat model and serial, and zeros are no name. */
const worldWide = (value: string | undefined): string | undefined =>
  value && /^(naa|eui|nguid|uuid)\.[0-9a-f-]{16,}$/i.test(value) && !/^\w+\.[0-]+$/.test(value)
    ? value.toLowerCase()
    : undefined;

/** By serial number and WWN, from wherever this kind of disk keeps them. */
export const readDiskIdentity = (sysfs: Sysfs, block: string): DiskIdentity => {
  const device = `${block}/device`;
  return {
    serial:
      sysfs.text(`${block}/serial`) ??
      sysfs.text(`${device}/serial`) ??
      parseSerialPage(sysfs.bytes(`${device}/vpd_pg80`)),
    wwn:
      worldWide(sysfs.text(`${block}/wwid`)) ??
      worldWide(sysfs.text(`${device}/wwid`)) ??
      worldWide(parseIdentificationPage(sysfs.bytes(`${device}/vpd_pg83`))),
  };
};
