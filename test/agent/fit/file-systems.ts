import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { volumeGroup } from '../logical-disk.ts';
import { mount, program, sparseFile, unmount, withLoop } from '../loop-disk.ts';

const mebibyte = 1024 * 1024;

export type TestedFileSystem = 'ext4' | 'ntfs' | 'btrfs' | 'xfs' | 'vfat' | 'swap' | 'lvm';

/** Of what stays as it is to the byte, whatever disk it is on. */
const isOpaque = (fileSystem: TestedFileSystem): boolean => fileSystem === 'swap' || fileSystem === 'lvm';

/** A logical volume with a file system without a system. */
const makeLvm = (file: string, group: string): void => {
  const format = (lent: string): void => void program('mke2fs', ['-q', '-t', 'ext4', lent]);
  const make = volumeGroup(group, [{ name: 'data', sizeMiB: 8, format }]);
  withLoop(file, (device) => make(device, path.dirname(file)));
};

/** One every pairing of a file system with its program, on a file or a device. */
const make: Record<TestedFileSystem, (device: string, label: string, firstSector: number) => void> = {
  ext4: (device, label) => program('mke2fs', ['-q', '-F', '-t', 'ext4', '-b', '4096', '-L', label, device]),
  ntfs: (device, label, firstSector) =>
    program('mkntfs', [
      ...['--quiet', '--force', '--fast', '--label', label],
      ...['--partition-start', `${firstSector}`, '--sectors-per-track', '63', '--heads', '255', device],
    ]),
  btrfs: (device, label) => program('mkfs.btrfs', ['--quiet', '--label', label, device]),
  xfs: (device, label) => program('mkfs.xfs', ['-q', '-L', label, device]),
  vfat: (device, label, firstSector) =>
    program('mkfs.fat', ['-F', '32', '-s', '1', '-h', `${firstSector}`, '-n', label.toUpperCase(), device]),
  swap: (device, label) => program('mkswap', ['--label', label, device]),
  lvm: makeLvm,
};

const checks: Record<TestedFileSystem, readonly [string, ...string[]]> = {
  ext4: ['e2fsck', '-f', '-n'],
  ntfs: ['ntfsfix', '-n'],
  btrfs: ['btrfs', 'check', '--readonly'],
  xfs: ['xfs_repair', '-n'],
  vfat: ['fsck.fat', '-n'],
  swap: ['swaplabel'],
  lvm: ['blkid', '--probe', '--usages', 'raid'],
};

/** Throws with the program's words unless the file system is sound. */
export const assertSound = (fileSystem: TestedFileSystem, device: string): void => {
  const [name, ...args] = checks[fileSystem];
  program(name, [...args, device]);
};

/** Mounts a device, or a file through the loop device that mount makes. */
export const mounted = <Result>(
  fileSystem: TestedFileSystem,
  device: string,
  folder: string,
  use: (folder: string) => Result,
): Result => {
  const place = path.join(folder, `mount-${randomBytes(4).toString('hex')}`);
  mkdirSync(place);
  const loop = device.startsWith('/dev/') || fileSystem === 'ntfs' ? [] : ['loop'];
  const options = [...loop, ...(fileSystem === 'xfs' ? ['nouuid'] : [])].join(',');
  const type = fileSystem === 'ntfs' ? 'ntfs-3g' : fileSystem;
  mount('-t', type, ...(options ? ['-o', options] : []), device, place);
  try {
    return use(place);
  } finally {
    unmount(place);
    rmSync(place, { recursive: true });
  }
};

/** Every file by its path and SHA-256, in order. */
export const hashes = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [
        path.relative(folder, file),
        createHash('sha256').update(readFileSync(file)).digest('hex'),
      ]),
  );

/** The files of a file system: FAT by mtools, as a test machine's kernel may not know it; swap has none, and logical volumes count as one. */
export const filesIn = (
  fileSystem: TestedFileSystem,
  device: string,
  folder: string,
): Record<string, string> => {
  if (fileSystem === 'swap') return {};
  if (fileSystem === 'lvm') return { all: createHash('sha256').update(readFileSync(device)).digest('hex') };
  if (fileSystem !== 'vfat') return mounted(fileSystem, device, folder, hashes);
  const place = path.join(folder, `copy-${randomBytes(4).toString('hex')}`);
  mkdirSync(place);
  program('mcopy', ['-s', '-i', device, '::*', place]);
  const found = hashes(place);
  rmSync(place, { recursive: true });
  return found;
};

export interface Filling {
  /** Of a file that is written between others and deleted, so that the largest lies far behind. */
  fillerBytes?: number;
  largeBytes?: number;
  label?: string;
  /** Where its partition begins, which FAT and NTFS remember. */
  firstSector?: number;
}

const fill = (
  place: string,
  fileSystem: TestedFileSystem,
  { fillerBytes = 0, largeBytes = 0 }: Filling,
): void => {
  mkdirSync(path.join(place, 'many'));
  for (let n = 0; n < 100; n++) writeFileSync(path.join(place, 'many', `${n}`), randomBytes(1000 + n * 97));
  const filler = path.join(place, 'filler');
  // ntfs-3g cannot set space aside.
  if (fileSystem === 'ntfs') writeFileSync(filler, Buffer.alloc(fillerBytes, 1));
  else program('fallocate', ['--length', `${Math.max(4096, fillerBytes)}`, filler]);
  writeFileSync(path.join(place, 'large'), randomBytes(largeBytes));
  rmSync(filler);
};

const fillFat = (device: string, folder: string): void => {
  const files = path.join(folder, 'fat-files');
  mkdirSync(files);
  for (let n = 0; n < 20; n++) writeFileSync(path.join(files, `file-${n}`), randomBytes(5000 * (n + 1)));
  program('mcopy', ['-s', '-i', device, files, '::']);
  rmSync(files, { recursive: true });
};

/** A file system in a file of its own, with small and large files in it. */
export const filledFileSystem = (
  folder: string,
  fileSystem: TestedFileSystem,
  sizeBytes: number,
  filling: Filling = {},
): { file: string; files: Record<string, string> } => {
  const { largeBytes = 16 * mebibyte, label = 'data', firstSector = 0 } = filling;
  const file = sparseFile(path.join(folder, `${label}.${fileSystem}`), sizeBytes);
  make[fileSystem](file, label, firstSector);
  if (fileSystem === 'vfat') fillFat(file, folder);
  else if (!isOpaque(fileSystem))
    mounted(fileSystem, file, folder, (place) => fill(place, fileSystem, { ...filling, largeBytes }));
  return { file, files: filesIn(fileSystem, file, folder) };
};
