import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import { run } from '../../src/agent/programs.ts';
import { mountWith } from '../../src/agent/system/mount.ts';
import { partitionPath } from '../../src/agent/system/partition-path.ts';
import { type Personalised, type PersonalOrder, personalise } from '../../src/agent/system/personalise.ts';
import { silentLog } from '../../src/core/log.ts';
import type { PartitionTable } from '../../src/image/format/manifest.ts';
import { type LoopDisk, loopDisk, program, sparseFile, temporaryFolder } from './loop-disk.ts';

const mebibyte = 1024 * 1024;

/** A partition of a disk under test: how large, of which type, and the program that fills it. */
export interface TestPartition {
  sizeMiB: number;
  /** sfdisk's name of the type; `linux` unless told. */
  type?: string;
  format(device: string, folder: string): void;
}

export const tree = (folder: string, files: Record<string, string | Buffer>): string => {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content, { mode: name.endsWith('_key') ? 0o600 : 0o644 });
  }
  return folder;
};

/** An ext4 with these files. */
export const ext4 =
  (files: Record<string, string | Buffer>, options: readonly string[] = []): TestPartition['format'] =>
  (device, folder) => {
    program('mke2fs', ['-q', '-t', 'ext4', ...options, '-d', tree(folder, files), device]);
  };

export interface TestDisk extends LoopDisk {
  table: PartitionTable;
  /** As the agent does it, for this host name. */
  personalise(hostName?: string, windows?: PersonalOrder['windows']): Promise<Personalised>;
  /** Reads what it left behind. */
  look<Result>(partition: number, fileSystem: string, use: (folder: string) => Result): Promise<Result>;
}

/** A GPT disk of these partitions, with its devices. */
export const testDisk = async (
  t: ExecutionContext,
  partitions: readonly TestPartition[],
): Promise<TestDisk> => {
  const folder = await temporaryFolder(t);
  const total = partitions.reduce((sum, { sizeMiB }) => sum + sizeMiB, 2);
  const file = sparseFile(path.join(folder, 'disk.raw'), total * mebibyte);
  const lines = partitions.map(({ sizeMiB, type = 'linux' }) => `size=${sizeMiB}MiB, type=${type}`);
  program('sfdisk', ['--quiet', file], ['label: gpt', ...lines, ''].join('\n'));
  const disk = loopDisk(t, file);
  program('partx', ['--update', disk.path]);
  for (const [index, { format }] of partitions.entries()) {
    const work = path.join(folder, `files-${index + 1}`);
    mkdirSync(work);
    format(partitionPath(disk.path, index + 1), work);
  }
  const found = JSON.parse(program('sfdisk', ['--json', file])).partitiontable;
  const table: PartitionTable = {
    scheme: 'gpt',
    diskId: found.id,
    sectorBytes: 512,
    partitions: found.partitions.map((one: { start: number; size: number; type: string }, index: number) => ({
      number: index + 1,
      firstByte: one.start * 512,
      sizeBytes: one.size * 512,
      type: one.type,
    })),
  };
  const withMount = mountWith(run);
  return {
    ...disk,
    table,
    personalise: (hostName = 'lab-7', windows) =>
      personalise(disk.path, { table }, { hostName, windows }, { run, withMount, log: silentLog }),
    look: (partition, fileSystem, use) =>
      withMount(
        { device: partitionPath(disk.path, partition), fileSystem, readOnly: true },
        async (mounted) => use(mounted),
      ),
  };
};

export const uuidOf = (device: string): string =>
  execFileSync('blkid', ['--probe', '--output', 'value', '--match-tag', 'UUID', device], {
    encoding: 'utf8',
  }).trim();
