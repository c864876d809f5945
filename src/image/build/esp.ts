import { type FreshDisk, make, type PlacedPartition } from './fresh-disk.ts';

const sectorBytes = 512;

/** A file of the EFI system partition: `to` with `/` between folders. */
export interface EspFile {
  from: string;
  to: string;
}

/** `EFI/BOOT/x` → `EFI`, `EFI/BOOT`, each folder once, parents first. */
const foldersOf = (files: readonly EspFile[]): string[] => {
  const folders = new Set<string>();
  for (const { to } of files) {
    const parts = to.split('/').slice(0, -1);
    for (let depth = 1; depth <= parts.length; depth++) folders.add(parts.slice(0, depth).join('/'));
  }
  return [...folders];
};

/** Makes the EFI system partition (FAT32) and its files, within the disk's file: mounting would need root. Gives the volume's serial (`XXXX-XXXX`). */
export const fillEsp = async (
  disk: FreshDisk,
  { firstByte, sizeBytes }: PlacedPartition,
  files: readonly EspFile[],
  signal?: AbortSignal,
): Promise<string> => {
  const serial = Buffer.from(crypto.getRandomValues(new Uint8Array(4)))
    .toString('hex')
    .toUpperCase();
  // One sector a cluster, or a small FAT32 would count as FAT16.
  const options = ['-F', '32', '-s', '1', '-n', 'ESP', '-i', serial, `--offset=${firstByte / sectorBytes}`];
  await make('mkfs.vfat', [...options, disk.file, `${sizeBytes / 1024}`], { signal });
  const image = ['-i', `${disk.file}@@${firstByte}`];
  await make('mmd', [...image, ...foldersOf(files).map((folder) => `::${folder}`)], { signal });
  for (const { from, to } of files) await make('mcopy', [...image, from, `::${to}`], { signal });
  return `${serial.slice(0, 4)}-${serial.slice(4)}`;
};
