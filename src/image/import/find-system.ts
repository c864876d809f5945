import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { findLinuxSystem, processorOf } from '../disk/linux-system.ts';
import { type FoundSystem, readOsRelease, readWindowsVersion } from '../disk/operating-system.ts';
import { withLoopDevice } from './loop-device.ts';
import { runTool, startTool } from './run-tool.ts';

/** A program that fails or is not installed has nothing to say; the image is as good without it. */
const ask = async (program: string, ...args: string[]): Promise<string | undefined> => {
  const ended = await runTool(program, args).catch(() => undefined);
  return ended?.status === 0 ? ended.output : undefined;
};

/**
 * The operating system on a file system, which is not mounted: its own tools read a few files of it. `undefined` where that cannot be told: an unknown file
 * system, missing tools, no right to make a loop device.
 */
export const findSystem = async (
  file: string,
  place: { firstByte: number; sizeBytes: number },
  type: string,
  workFolder: string,
): Promise<FoundSystem | undefined> => {
  const read = systemReaders[type];
  if (!read) return undefined;
  return withLoopDevice(file, place, async (device) => {
    const folder = await mkdtemp(path.join(workFolder, 'inside-'));
    return read(device, folder).finally(() => rm(folder, { recursive: true, force: true }));
  });
};

type SystemReader = (device: string, folder: string) => Promise<FoundSystem | undefined>;

/** debugfs follows no links; distributions have the file itself in one of these places. */
const extSystem: SystemReader = async (device, folder) => {
  const program = path.join(folder, 'env');
  await ask('debugfs', '-R', `dump /usr/bin/env ${program}`, device);
  const cat = (name: string) => ask('debugfs', '-R', `cat ${name}`, device);
  const system = readOsRelease((await cat('/usr/lib/os-release')) || (await cat('/etc/os-release')) || '');
  const architecture = system && (await processorOf(program).catch(() => undefined));
  return system && { ...system, ...(architecture && { architecture }) };
};

const btrfsPath =
  '^/(|(@rootfs|@|root)(|/)|((@rootfs|@|root)/)?(usr|etc)(|/os-release|/lib(|/os-release)|/bin(|/env)))$';

const btrfsSystem: SystemReader = async (device, folder) => {
  await ask('btrfs', 'restore', '--path-regex', btrfsPath, device, folder);
  return findLinuxSystem(folder);
};

const ntfsSystem: SystemReader = async (device, folder) => {
  const hive = path.join(folder, 'SOFTWARE');
  const cat = startTool('ntfscat', ['--force', device, 'Windows/System32/config/SOFTWARE']);
  cat.stdin.end();
  const [{ status }] = await Promise.all([cat.ended, pipeline(cat.stdout, createWriteStream(hive))]).catch(
    () => [{ status: -1 }],
  );
  if (status !== 0) return undefined;
  const value = async (name: string) =>
    (await ask('hivexget', hive, 'Microsoft\\Windows NT\\CurrentVersion', name))?.trim();
  return readWindowsVersion({
    ProductName: await value('ProductName'),
    CurrentBuild: await value('CurrentBuild'),
    BuildLabEx: await value('BuildLabEx'),
  });
};

/** Of XFS no tool reads files without mounting it. */
const systemReaders: Record<string, SystemReader> = {
  ext2: extSystem,
  ext3: extSystem,
  ext4: extSystem,
  btrfs: btrfsSystem,
  ntfs: ntfsSystem,
};
