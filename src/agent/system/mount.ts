import { mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { asGreifError } from '../../core/errors.ts';
import type { Run } from '../programs.ts';

export interface Mount {
  device: string;
  fileSystem: string;
  /** Read-only means that not even the journal is replayed: not one byte of the device changes. */
  readOnly: boolean;
  /** Fails where a journal is not empty, instead of leaving it out. For devices that the kernel lets nobody write to. */
  wholeJournal?: boolean;
}

/** Lends a file system to `use` as a folder and takes it away again, whatever happens. Injected, so that tests can do without one. */
export type WithMount = <Result>(mount: Mount, use: (folder: string) => Promise<Result>) => Promise<Result>;

const untouched: Record<string, string> = { ext3: ',noload', ext4: ',noload', xfs: ',norecovery' };

const optionsOf = ({ fileSystem, readOnly, wholeJournal = false }: Mount): string =>
  // The image is not trusted: nothing on it may run, be a device or lend its rights.
  `${readOnly ? `ro${wholeJournal ? '' : (untouched[fileSystem] ?? '')}` : 'rw'}${fileSystem === 'xfs' ? ',nouuid' : ''},nosuid,nodev,noexec`;

/** While the kernel reads a new partition table its partitions are busy: a mount is tried again for so long. */
const busyForMs = 3000;
const busyPauseMs = 100;

const mountPatiently = async (mount: Mount, folder: string, run: Run): Promise<void> => {
  const giveUpAt = performance.now() + busyForMs;
  for (;;) {
    try {
      await run('mount', ['-t', mount.fileSystem, '-o', optionsOf(mount), mount.device, folder]);
      return;
    } catch (error) {
      if (!/\bbusy\b/.test(asGreifError(error).message) || performance.now() > giveUpAt) throw error;
      await sleep(busyPauseMs);
    }
  }
};

export const mountWith =
  (run: Run): WithMount =>
  async (mount, use) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'greif-mount-'));
    try {
      await mountPatiently(mount, folder, run);
      try {
        return await use(folder);
      } finally {
        await run('umount', [folder]);
      }
    } finally {
      await rmdir(folder);
    }
  };
