import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { emptyHive } from './empty-hive.ts';
import { program, unmount } from './loop-disk.ts';
import { type TestPartition, tree } from './system-disk.ts';

/** A hive that hivexsh fills by this script of `add`, `cd` and `setval`. */
export const hive = (folder: string, script: string): string => {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `hive-${script.length}`);
  writeFileSync(file, emptyHive());
  program('hivexsh', ['-w', file], `${script}commit\n`);
  return file;
};

/** Makes the key and what is above it, and leaves hivexsh in it. */
export const keyScript = (key: string, values: readonly string[]): string => {
  const steps = key.split('\\').map((name) => `add ${name}\ncd ${name}\n`);
  const lines = values.map((value) => `${value.replace('=', '\n')}\n`);
  return `cd \\\n${steps.join('')}setval ${values.length}\n${lines.join('')}`;
};

/** An NTFS with these files, written by ntfs-3g. */
export const ntfs =
  (files: (work: string) => Record<string, string | Buffer>): TestPartition['format'] =>
  (device, folder) => {
    program('mkntfs', ['--quick', '--quiet', device]);
    const mounted = path.join(folder, 'mounted');
    mkdirSync(mounted);
    program('mount', ['-t', 'ntfs-3g', device, mounted]);
    try {
      tree(mounted, files(path.join(folder, 'work')));
    } finally {
      unmount(mounted);
      rmdirSync(mounted);
    }
  };
