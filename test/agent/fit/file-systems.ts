import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { program, sparseFile } from '../loop-disk.ts';

const mebibyte = 1024 * 1024;

export type TestedFileSystem = 'ext4' | 'ntfs' | 'btrfs' | 'xfs';

const make: Record<TestedFileSystem, (device: string) => void> = {
  ext4: (device) => program('mke2fs', ['-q', '-F', '-t', 'ext4', '-L', 'data', device]),
  ntfs: (device) => program('mkntfs', ['--quiet', '--force', '--fast', '--label', 'data', device]),
  btrfs: (device) => program('mkfs.btrfs', ['--quiet', '--label', 'data', device]),
  xfs: (device) => program('mkfs.xfs', ['-q', '-L', 'data', device]),
};

const checks: Record<TestedFileSystem, readonly [string, ...string[]]> = {
  ext4: ['e2fsck', '-f', '-n'],
  ntfs: ['ntfsfix', '-n'],
  btrfs: ['btrfs', 'check', '--readonly'],
  xfs: ['xfs_repair', '-n'],
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
  const type = fileSystem === 'ntfs' ? 'ntfs-3g' : fileSystem;
  const options = [
    ...(device.startsWith('/dev/') ? [] : ['loop']),
    ...(fileSystem === 'xfs' ? ['nouuid'] : []),
  ];
  program('mount', [
    '-t',
    type,
    ...(options.length > 0 && fileSystem !== 'ntfs' ? ['-o', options.join(',')] : []),
    device,
    place,
  ]);
  try {
    return use(place);
  } finally {
    program('umount', [place]);
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

/** A file system with small and large files, of which the largest lies far behind: what was before it has been deleted. */
export const filledFileSystem = (
  folder: string,
  fileSystem: TestedFileSystem,
  sizeBytes: number,
  fillerBytes: number,
): { file: string; files: Record<string, string> } => {
  const file = sparseFile(path.join(folder, `${fileSystem}.raw`), sizeBytes);
  make[fileSystem](file);
  const files = mounted(fileSystem, file, folder, (place) => {
    mkdirSync(path.join(place, 'many'));
    for (let n = 0; n < 100; n++) writeFileSync(path.join(place, 'many', `${n}`), randomBytes(1000 + n * 97));
    const filler = path.join(place, 'filler');
    if (fileSystem === 'ntfs') writeFileSync(filler, Buffer.alloc(fillerBytes, 1));
    else program('fallocate', ['--length', `${fillerBytes}`, filler]);
    writeFileSync(path.join(place, 'large'), randomBytes(16 * mebibyte));
    rmSync(filler);
    return hashes(place);
  });
  return { file, files };
};
