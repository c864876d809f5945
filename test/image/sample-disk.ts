import { spawn } from 'node:child_process';
import { createCipheriv } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, open, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { tool } from './tool.ts';

const mib = 1024 * 1024;

/** Partitions a file by a script for `sfdisk`. */
export const sfdisk = async (file: string, script: string): Promise<void> => {
  const child = spawn('sfdisk', ['--quiet', '--no-reread', file], { stdio: ['pipe', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (piece) => {
    said += piece;
  });
  child.stdin.end(script);
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(`sfdisk: ${said}`);
};

/** Writes bytes into a file that is there, and leaves its holes. */
export const writeAt = async (file: string, position: number, bytes: Uint8Array): Promise<void> => {
  const handle = await open(file, 'r+');
  await handle.write(bytes, 0, bytes.length, position);
  await handle.close();
};

/** Bytes that look random and are the same in every run, so that they are cut at the same places. */
export const noise = (sizeBytes: number): Buffer =>
  createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(sizeBytes));

/**
 * A sparse GPT disk of 48 MiB plus its data: an empty first partition, and an ext4 (label `system`) whose one file holds
 * `dataMib` of noise.
 */
export const makeSampleDisk = async (
  file: string,
  { dataMib = 4 }: { dataMib?: number } = {},
): Promise<void> => {
  const content = `${file}.content`;
  const fileSystem = `${file}.ext4`;
  const systemMib = 32 + dataMib;
  await mkdir(content, { recursive: true });
  await writeFile(path.join(content, 'data'), noise(dataMib * mib));
  await writeFile(fileSystem, '');
  await truncate(fileSystem, systemMib * mib);
  await tool('mke2fs', '-q', '-t', 'ext4', '-L', 'system', '-d', content, fileSystem);
  await writeFile(file, '');
  await truncate(file, (systemMib + 16) * mib);
  await sfdisk(file, `label: gpt\nsize=8M, type=uefi\nsize=${systemMib}M, type=linux, name=system\n`);
  await writeAt(file, 0, Buffer.from('boot code'));
  await tool('dd', `if=${fileSystem}`, `of=${file}`, 'bs=1M', 'seek=9', 'conv=notrunc,sparse', 'status=none');
  await rm(content, { recursive: true });
  await rm(fileSystem);
};
