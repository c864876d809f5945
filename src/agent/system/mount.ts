import { mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { asGreifError, GreifError } from '../../core/errors.ts';
import type { Run } from '../programs.ts';
import { whileBusy } from '../while-busy.ts';

export interface Mount {
  device: string;
  fileSystem: string;
  /** Read-only means that not even the journal is replayed: not one byte of the device changes. */
  readOnly: boolean;
  /** An empty place in a mounted image; a folder of its own unless told. */
  at?: string | undefined;
  /** Of btrfs: its path from the top; the default one unless told. */
  subvolume?: string | undefined;
  /** Fails where a journal is not empty, instead of leaving it out. For devices that the kernel lets nobody write to. */
  wholeJournal?: boolean;
  /** Whether programs on it may run: only where a sandbox is around them. */
  executable?: boolean;
}

/** Lends a file system to `use` as a folder and takes it away again, whatever happens. Injected, so that tests can do without one. */
export type WithMount = <Result>(mount: Mount, use: (folder: string) => Promise<Result>) => Promise<Result>;

/** NTFS is written by ntfs-3g: the kernel's own driver is younger, and not in every kernel. */
const drivers: Record<string, string> = { ntfs: 'ntfs-3g' };
const untouched: Record<string, string[]> = { ext3: ['noload'], ext4: ['noload'], xfs: ['norecovery'] };
const always: Record<string, string[]> = {
  xfs: ['nouuid'],
  // A journal that Windows left behind is not thrown away.
  ntfs: ['norecover', 'windows_names'],
};

const optionsOf = ({ fileSystem, readOnly, executable, wholeJournal = false, subvolume }: Mount): string =>
  [
    ...(readOnly ? ['ro', ...((!wholeJournal && untouched[fileSystem]) || [])] : ['rw']),
    ...(always[fileSystem] ?? []),
    ...(subvolume === undefined ? [] : [`subvol=${subvolume}`]),
    // The image is not trusted: nothing on it may run, be a device or lend its rights.
    ...['nosuid', 'nodev', ...(executable ? [] : ['noexec'])],
  ].join(',');

const uncleanNtfs = (device: string, reason: string): GreifError =>
  new GreifError(
    'FILE_SYSTEM_UNCLEAN',
    `Windows on ${device} was not shut down fully (${reason}). In the image's source run "powercfg /h off" and "shutdown /s /t 0", and take the image again`,
  );

const unsafe = /hibernat|unclean|unsafe|dirty|fast restart|could not be recovered/i;

const mountPatiently = async (mount: Mount, folder: string, run: Run): Promise<void> => {
  const { device, fileSystem } = mount;
  const args = ['-t', drivers[fileSystem] ?? fileSystem, '-o', optionsOf(mount), device, folder];
  try {
    await whileBusy(() => run('mount', args));
  } catch (error) {
    const { message } = asGreifError(error);
    throw fileSystem === 'ntfs' && unsafe.test(message) ? uncleanNtfs(device, message) : error;
  }
};

/** ntfs-3g mounts a hibernated volume read-only instead of refusing it. */
const assertWritable = async ({ device, fileSystem, readOnly }: Mount, folder: string, run: Run) => {
  if (readOnly || fileSystem !== 'ntfs') return;
  const options = await run('findmnt', ['--noheadings', '--output', 'OPTIONS', '--mountpoint', folder]);
  if (options.trim().split(',').includes('ro'))
    throw uncleanNtfs(device, 'it is hibernated, or fast startup is on');
};

export const mountWith = (run: Run): WithMount => {
  const mountAt = async <Result>(
    folder: string,
    mount: Mount,
    use: (folder: string) => Promise<Result>,
  ): Promise<Result> => {
    await mountPatiently(mount, folder, run);
    try {
      await assertWritable(mount, folder, run);
      return await use(folder);
    } finally {
      await whileBusy(() => run('umount', [folder]));
    }
  };
  return async (mount, use) => {
    if (mount.at !== undefined) return mountAt(mount.at, mount, use);
    const folder = await mkdtemp(path.join(tmpdir(), 'greif-mount-'));
    try {
      return await mountAt(folder, mount, use);
    } finally {
      await rmdir(folder);
    }
  };
};
