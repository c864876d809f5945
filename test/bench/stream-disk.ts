import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const mebibyte = 1024 * 1024;
const run = (program: string, args: readonly string[], input?: string): void => {
  execFileSync(program, args, {
    ...(input !== undefined && { input }),
    stdio: ['pipe', 'ignore', 'inherit'],
  });
};

/** Files of this machine's own system, in the order of their names, so many bytes of them. */
function* systemFiles(folder: string, budget: { bytes: number }): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    if (budget.bytes <= 0) return;
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* systemFiles(file, budget);
    else if (entry.isFile() && statSync(file).size < 64 * mebibyte) {
      budget.bytes -= statSync(file).size;
      yield file;
    }
  }
}

/** So many bytes of this machine's own files, from these folders in order, into a folder. */
export const copySystem = (
  target: string,
  bytes: number,
  parts: readonly string[] = ['/usr/lib', '/usr/share', '/usr/bin'],
): void => {
  const budget = { bytes };
  for (const part of parts)
    for (const file of systemFiles(part, budget)) {
      mkdirSync(path.join(target, path.dirname(file)), { recursive: true });
      cpSync(file, path.join(target, file));
    }
};

/** An ext4 file system of that size that holds so many bytes of real files, in a file with holes. */
export const sparseVolume = (folder: string, name: string, sizeBytes: number, fileBytes: number): string => {
  const files = path.join(folder, `${name}-files`);
  copySystem(files, fileBytes);
  const system = path.join(folder, `${name}-ext4`);
  writeFileSync(system, '');
  truncateSync(system, sizeBytes);
  run('mke2fs', ['-q', '-t', 'ext4', '-d', files, system]);
  execFileSync('rm', ['-r', files]);
  return system;
};

/** A disk of that size with a partition table and an ext4 file system that holds so many bytes of real files. */
export const sparseDisk = (folder: string, name: string, sizeBytes: number, fileBytes: number): string =>
  asDisk(folder, name, sparseVolume(folder, name, sizeBytes - 2 * mebibyte, fileBytes));

/** A disk without a hole: its one partition is filled with an archive of real files. */
export const denseDisk = (folder: string, name: string, fileBytes: number): string => {
  const files = path.join(folder, `${name}-files`);
  copySystem(files, fileBytes);
  const archive = path.join(folder, `${name}-archive`);
  run('tar', ['--create', '--file', archive, '--directory', files, '.']);
  execFileSync('rm', ['-r', files]);
  truncateSync(archive, Math.ceil(statSync(archive).size / mebibyte) * mebibyte);
  return asDisk(folder, name, archive);
};

export const asDisk = (folder: string, name: string, content: string): string => {
  const disk = path.join(folder, `${name}.raw`);
  writeFileSync(disk, '');
  truncateSync(disk, statSync(content).size + 2 * mebibyte);
  run('sfdisk', ['--quiet', disk], 'label: gpt\nstart=2048\n');
  run('dd', [`if=${content}`, `of=${disk}`, 'bs=1M', 'seek=1', 'conv=notrunc,sparse', 'status=none']);
  execFileSync('rm', [content]);
  return disk;
};
