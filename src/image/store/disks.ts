import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { Worker } from 'node:worker_threads';

/** A mounted file system, as a person sees it. */
export interface Disk {
  device: string;
  mountPoint: string;
  totalBytes: number;
  usedBytes: number;
  freeBytes: number;
  /** The image store is on it. */
  holdsStore: boolean;
}

type ListedDisk = Omit<Disk, 'holdsStore'>;

const patienceMilliseconds = 20_000;
/** File systems in memory, and those that only show the kernel. */
const notDisks = new Set(['tmpfs', 'devtmpfs', 'udev', 'efivarfs', 'none', 'shm']);

/** The machine's file systems; empty when they cannot be told in twenty seconds (a file server that hangs). */
export const listDisks = async (storeFolder: string): Promise<Disk[]> => {
  const listed = await askWorker();
  const mounts = await readFile('/proc/self/mounts', 'utf8').catch(() => '');
  const store = await stat(storeFolder);
  const disks: Disk[] = [];
  for (const disk of wholeMountPoints(listed, mounts)) {
    if (notDisks.has(disk.device)) continue;
    const found = await stat(disk.mountPoint).catch(() => undefined);
    disks.push({ ...disk, holdsStore: found?.dev === store.dev });
  }
  return disks;
};

const askWorker = async (): Promise<ListedDisk[]> => {
  const worker = new Worker(path.join(import.meta.dirname, 'disks-worker.ts'));
  try {
    const [disks] = await once(worker, 'message', { signal: AbortSignal.timeout(patienceMilliseconds) });
    return disks;
  } catch {
    return [];
  } finally {
    void worker.terminate();
  }
};

/** The library ends a mount point at its first blank; the kernel's table (blanks as `\040`) has the rest. */
export const wholeMountPoints = (disks: readonly ListedDisk[], mounts: string): ListedDisk[] => {
  const known = mounts.split('\n').map((line) => {
    const [device = '', mountPoint = ''] = line.split(' ');
    return {
      device,
      mountPoint: mountPoint.replace(/\\([0-7]{3})/g, (_, code) =>
        String.fromCharCode(Number.parseInt(code, 8)),
      ),
    };
  });
  return disks.map((disk) => {
    const same = known.filter(({ device }) => device === disk.device);
    if (same.some(({ mountPoint }) => mountPoint === disk.mountPoint)) return disk;
    const whole = same.find(({ mountPoint }) => mountPoint.startsWith(`${disk.mountPoint} `));
    return whole ? { ...disk, mountPoint: whole.mountPoint } : disk;
  });
};
