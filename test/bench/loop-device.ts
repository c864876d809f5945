import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Lends an empty block device over a sparse file. */
const withLoopDevice = async <Result>(
  place: string,
  options: readonly string[],
  sizeBytes: number,
  use: (device: string) => Promise<Result>,
): Promise<Result> => {
  const folder = mkdtempSync(path.join(place, 'greif-bench-'));
  const file = path.join(folder, 'disk');
  writeFileSync(file, '');
  truncateSync(file, sizeBytes);
  const device = execFileSync('losetup', ['--find', '--show', ...options, file], { encoding: 'utf8' }).trim();
  const held = openSync(device, 'r');
  // Takes effect when the last process closes the device, however this one ends.
  execFileSync('losetup', ['--detach', device]);
  rmSync(folder, { recursive: true });
  try {
    return await use(device);
  } finally {
    closeSync(held);
  }
};

type WithDevice = <Result>(sizeBytes: number, use: (device: string) => Promise<Result>) => Promise<Result>;

/** In memory: as fast as a device can be. Zeros have to be written there like any data. */
export const withMemoryDevice: WithDevice = (sizeBytes, use) =>
  withLoopDevice('/dev/shm', [], sizeBytes, use);

/** On this machine's disk, past the page cache. Zeros are made by one command, as most disks do it. */
export const withDiskDevice: WithDevice = (sizeBytes, use) =>
  withLoopDevice(tmpdir(), ['--direct-io=on'], sizeBytes, use);
