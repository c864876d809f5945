import { execFileSync } from 'node:child_process';
import { closeSync, openSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';

/** A test with loop devices and mounts, which need root: elsewhere it is shown as skipped. One at a time in a file. */
export const rootTest = (title: string, implementation: (t: ExecutionContext) => Promise<void>): void => {
  if (process.getuid?.() === 0) test.serial(title, implementation);
  else test.serial.skip(title, implementation);
};

export const program = (name: string, args: readonly string[], input?: string): string =>
  execFileSync(name, args, { encoding: 'utf8', ...(input !== undefined && { input }), stdio: 'pipe' });

const whileItSays = (complaint: RegExp, name: string, args: readonly string[]): void => {
  const giveUpAt = performance.now() + 10_000;
  for (;;) {
    try {
      program(name, args);
      return;
    } catch (error) {
      if (!complaint.test((error as Error).message) || performance.now() > giveUpAt) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
  }
};

/** Takes a mount away. It is busy for moments in which another test's thread starts a program: that has all open files until it runs. */
export const unmount = (folder: string): void => whileItSays(/busy/, 'umount', [folder]);

/** Mounts. ntfs-3g of a mount before this one may still be on its way out. */
export const mount = (...args: string[]): void => whileItSays(/exclusively opened/, 'mount', args);

/** A folder of the test's own, gone when it ends. */
export const temporaryFolder = async (t: ExecutionContext): Promise<string> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'greif-agent-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

export interface LoopDisk {
  path: string;
  file: string;
  sizeBytes: number;
}

/**
 * A block device over a file. It is detached at once, which takes effect when the last process closes it: that is we, at the end of
 * the test or killed before.
 */
export const loopDisk = (t: ExecutionContext, file: string, sectorBytes = 512): LoopDisk => {
  const sectors = ['--sector-size', `${sectorBytes}`];
  const device = program('losetup', ['--find', '--show', '--partscan', ...sectors, file]).trim();
  const held = openSync(device, 'r');
  program('losetup', ['--detach', device]);
  t.teardown(() => closeSync(held));
  return { path: device, file, sizeBytes: Number(program('blockdev', ['--getsize64', device])) };
};

/** Lends a file, or a stretch of a device, as a device of its own. */
export const withLoop = <Result>(
  file: string,
  use: (device: string) => Result,
  place: readonly string[] = [],
): Result => {
  const device = program('losetup', ['--find', '--show', ...place, file]).trim();
  try {
    return use(device);
  } finally {
    program('losetup', ['--detach', device]);
  }
};

/** Loop devices over a disk or one of its partitions. */
export const loopsOver = (disk: string): string[] =>
  program('losetup', ['--list', '--noheadings', '--output', 'NAME,BACK-FILE'])
    .split('\n')
    .map((row) => row.trim().split(/\s+/))
    .flatMap(([name = '', file = '']) => (file === disk || file.startsWith(`${disk}p`) ? [name] : []));

/** An old disk is not empty: every byte is one that no image has in its place. */
export const usedDiskFile = (file: string, sizeBytes: number): string => {
  const block = Buffer.alloc(1024 * 1024, 'leavings of an old system ');
  writeFileSync(file, '');
  for (let at = 0; at < sizeBytes; at += block.length)
    writeFileSync(file, block.subarray(0, Math.min(block.length, sizeBytes - at)), { flag: 'a' });
  return file;
};

export const sparseFile = (file: string, sizeBytes: number): string => {
  writeFileSync(file, '');
  truncateSync(file, sizeBytes);
  return file;
};
