import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
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

/** On this machine's disk, past the page cache, and full of what was there before, as a PC's disk is: the machine has not to find room for what is written. */
export const withDiskDevice: WithDevice = (sizeBytes, use) =>
  withLoopDevice(tmpdir(), ['--direct-io=on'], sizeBytes, async (device) => {
    fill(device, sizeBytes);
    return use(device);
  });

const fill = (device: string, sizeBytes: number): void => {
  const target = openSync(device, 'r+');
  const bytes = randomBytes(4 * 1024 * 1024);
  for (let at = 0; at < sizeBytes; at += bytes.length)
    writeSync(target, bytes, 0, Math.min(bytes.length, sizeBytes - at), at);
  fsyncSync(target);
  closeSync(target);
};
