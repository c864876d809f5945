import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { sourceFault } from '../import/source-fault.ts';
import type { SavedDisk } from './saved-disk.ts';

export const isClonezilla = (names: readonly string[]): boolean =>
  names.includes('parts') && names.some((name) => name.endsWith('-pt.sf'));

/** Of `sda` and `sda3`, and of `nvme0n1` and `nvme0n1p3`. */
const numberOf = (disk: string, part: string): number | undefined => {
  const number = part.startsWith(disk) ? /^p?(\d+)$/.exec(part.slice(disk.length))?.[1] : undefined;
  return number === undefined ? undefined : Number(number);
};

const unread: Record<string, string> = {
  'lvm_vg_dev.list': 'it holds LVM volumes; image that PC with "greif image capture"',
  'ecryptfs.info': 'it is encrypted; save it without encryption',
};

/** Clonezilla's image repository format. Throws IMAGE_SOURCE_INVALID that names what is missing. */
export const readClonezilla = async (folder: string, names: readonly string[]): Promise<SavedDisk> => {
  for (const [name, problem] of Object.entries(unread))
    if (names.includes(name)) throw sourceFault(folder, problem);
  const words = async (name: string) => (await readFile(path.join(folder, name), 'utf8')).trim().split(/\s+/);
  const disks = names
    .filter((name) => name.endsWith('-pt.sf'))
    .map((name) => name.slice(0, -'-pt.sf'.length));
  const [disk = ''] = disks;
  if (disks.length > 1)
    throw sourceFault(
      folder,
      `it holds ${disks.length} disks (${disks.join(', ')}): save one disk at a time`,
    );
  const partitions: SavedDisk['partitions'] = [];
  const swaps: SavedDisk['swaps'] = [];
  for (const part of await words('parts')) {
    const number = numberOf(disk, part);
    if (number === undefined)
      throw sourceFault(folder, `"${part}" in its file "parts" is no partition of ${disk}`);
    const pieces = names.filter((name) => isPiece(part, name)).sort();
    const swap = `swappt-${part}.info`;
    if (pieces.length > 0) partitions.push({ number, files: pieces.map((name) => path.join(folder, name)) });
    else if (names.includes(swap))
      swaps.push({ number, ...swapOf(await readFile(path.join(folder, swap), 'utf8')) });
    else
      throw sourceFault(
        folder,
        `there is no partclone image of the partition ${part} (${part}.…-ptcl-img.…)`,
      );
  }
  const head = [
    { file: `${disk}-mbr`, firstByte: 0 },
    { file: `${disk}-hidden-data-after-mbr`, firstByte: 512 },
  ];
  const parted = `${disk}-pt.parted`;
  return {
    table: await readFile(path.join(folder, `${disk}-pt.sf`), 'utf8'),
    sizeBytes: names.includes(parted) ? sizeOf(await readFile(path.join(folder, parted), 'utf8')) : undefined,
    head: head
      .filter(({ file }) => names.includes(file))
      .map((one) => ({ ...one, file: path.join(folder, one.file) })),
    partitions,
    swaps,
  };
};

/** `sda1.ext4-ptcl-img.gz.aa`: one or several, `.aa`, `.ab`, … */
const isPiece = (part: string, name: string): boolean =>
  name.startsWith(`${part}.`) &&
  /^[a-z0-9+_-]+-ptcl-img(\.[a-z0-9]+)?(\.[a-z]{2,})?$/.test(name.slice(part.length + 1));

const sizeOf = (parted: string): number | undefined => {
  const sectors = /^Disk [^:]+: (\d+)s$/m.exec(parted)?.[1];
  const bytes = /^Sector size \(logical\/physical\): (\d+)B/m.exec(parted)?.[1] ?? 512;
  return sectors === undefined ? undefined : Number(sectors) * Number(bytes);
};

const swapOf = (info: string): { uuid?: string | undefined; label?: string | undefined } => ({
  uuid: /^UUID="?([0-9a-fA-F-]{36})"?$/m.exec(info)?.[1],
  label: /^LABEL="?([^"\n]+)"?$/m.exec(info)?.[1],
});
