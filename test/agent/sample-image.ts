import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { sha256Hex } from '../../src/core/ids.ts';
import { chunkId, createVolumeDigest, packChunk, zeroChunkId } from '../../src/image/format/chunk.ts';
import { chunkEnd } from '../../src/image/format/chunker.ts';
import { encodeIndex, encodeIndexItem } from '../../src/image/format/index-file.ts';
import type { Manifest, Partition, Volume } from '../../src/image/format/manifest.ts';
import { findUnused } from '../../src/image/import/find-unused.ts';
import type { ChunkId } from '../../src/image/ports.ts';
import { sampleKey } from '../image/sample-key.ts';
import { program } from './loop-disk.ts';

const mebibyte = 1024 * 1024;

/** An image as the appliance keeps it, in memory, and the disk file that it was cut from. */
export interface SampleImage {
  file: string;
  manifest: Manifest;
  text: string;
  digest: string;
  signature: string;
  chunks: Map<ChunkId, Buffer>;
  indexes: Map<string, Buffer>;
}

const readAt = (file: string, at: number, length: number): Buffer => {
  const descriptor = openSync(file, 'r');
  const bytes = Buffer.alloc(length);
  readSync(descriptor, bytes, 0, length, at);
  closeSync(descriptor);
  return bytes;
};

export type Cut = Pick<SampleImage, 'chunks' | 'indexes'>;

export const cutVolume = async (
  file: string,
  place: Pick<Volume, 'kind' | 'partition' | 'firstByte' | 'sizeBytes' | 'fileSystem'>,
  cut: Cut,
): Promise<Volume> => {
  const bytes = readAt(file, place.firstByte, place.sizeBytes);
  const items: Buffer[] = [];
  const digest = createVolumeDigest();
  let dataBytes = 0;
  for (let at = 0; at < bytes.length; ) {
    const end = chunkEnd(bytes, at);
    const chunk = bytes.subarray(at, end);
    const id = chunkId(chunk);
    items.push(encodeIndexItem(end, id));
    digest.add(Buffer.from(id, 'hex'));
    if (id !== zeroChunkId(chunk.length)) {
      dataBytes += chunk.length;
      if (!cut.chunks.has(id)) cut.chunks.set(id, await packChunk(chunk));
    }
    at = end;
  }
  const index = encodeIndex(Buffer.concat(items));
  cut.indexes.set(sha256Hex(index), index);
  return { ...place, index: sha256Hex(index), chunkCount: items.length, dataBytes, digest: digest.digest() };
};

interface SfdiskTable {
  partitiontable: {
    label: string;
    id: string;
    sectorsize: number;
    partitions: { node: string; start: number; size: number; type: string; uuid?: string }[];
  };
}

/** Cuts a raw disk into head and partitions, as an import does. */
export const cutImage = async (file: string, fileSystems: Record<number, string>): Promise<SampleImage> => {
  const { partitiontable: table } = JSON.parse(program('sfdisk', ['--json', file])) as SfdiskTable;
  const partitions: Partition[] = table.partitions.map(({ node, start, size, type, uuid }) => ({
    number: Number(/\d+$/.exec(node)?.[0]),
    firstByte: start * 512,
    sizeBytes: size * 512,
    type,
    ...(uuid !== undefined && { guid: uuid }),
  }));
  const cut: Cut = { chunks: new Map(), indexes: new Map() };
  const firstByte = Math.min(...partitions.map((one) => one.firstByte));
  const volumes = [await cutVolume(file, { kind: 'head', firstByte: 0, sizeBytes: firstByte }, cut)];
  for (const { number, ...place } of partitions) {
    const type = fileSystems[number];
    const { firstByte, sizeBytes } = place;
    const about = { kind: 'partition' as const, partition: number, firstByte, sizeBytes };
    volumes.push(await cutVolume(file, { ...about, ...(type && { fileSystem: { type } }) }, cut));
  }
  const lastEnd = Math.max(...partitions.map((one) => one.firstByte + one.sizeBytes));
  const scheme = table.label === 'gpt' ? 'gpt' : 'mbr';
  const manifest: Manifest = {
    format: 'greif-image/1',
    name: 'sample',
    version: 1,
    createdAt: new Date(0).toISOString(),
    source: { kind: 'file', file: path.basename(file), format: 'raw' },
    diskSizeBytes: statSync(file).size,
    minimumDiskBytes: lastEnd + (scheme === 'gpt' ? 33 * 512 : 0),
    contentDigest: sha256Hex('sample'),
    table: { scheme, diskId: table.id, sectorBytes: 512, partitions },
    volumes,
  };
  return { file, ...signed(manifest), ...cut };
};

const signed = (manifest: Manifest): Pick<SampleImage, 'manifest' | 'text' | 'digest' | 'signature'> => {
  const text = JSON.stringify(manifest);
  return { manifest, text, digest: sha256Hex(text), signature: sampleKey.sign(text) };
};

/** The same image with what an import finds of unused blocks. */
export const withUnused = async (image: SampleImage): Promise<SampleImage> => {
  const volumes: Volume[] = [];
  for (const volume of image.manifest.volumes) {
    const read = async (at: number, length: number) => readAt(image.file, volume.firstByte + at, length);
    const unused = await findUnused(image.file, volume, volume.fileSystem?.type ?? '', read);
    volumes.push({ ...volume, ...(unused && { unused }) });
  }
  return { ...image, ...signed({ ...image.manifest, volumes }) };
};

/** The files of a very small Linux; `extra` may add what a hostile one would. */
export const linuxFolder = (folder: string, extra: (root: string) => void = () => {}): string => {
  for (const name of ['etc', 'usr/lib', 'var/lib/dbus', 'data'])
    mkdirSync(path.join(folder, name), { recursive: true });
  writeFileSync(path.join(folder, 'usr/lib/os-release'), 'ID=sample\n');
  symlinkSync('../usr/lib/os-release', path.join(folder, 'etc/os-release'));
  writeFileSync(path.join(folder, 'etc/hostname'), 'golden\n');
  writeFileSync(path.join(folder, 'etc/hosts'), '127.0.0.1\tlocalhost\n127.0.1.1\tgolden\n::1 localhost\n');
  writeFileSync(path.join(folder, 'etc/machine-id'), `${'0123456789abcdef'.repeat(2)}\n`);
  writeFileSync(path.join(folder, 'var/lib/dbus/machine-id'), `${'0123456789abcdef'.repeat(2)}\n`);
  writeFileSync(path.join(folder, 'data/random'), randomBytes(6 * mebibyte));
  writeFileSync(path.join(folder, 'data/text'), 'The quick brown fox. '.repeat(200_000));
  extra(folder);
  return folder;
};

/** Writes a file over a part of a disk file. */
const place = (source: string, target: string, firstByte: number): void => {
  execFileSync('dd', [
    `if=${source}`,
    `of=${target}`,
    'bs=1M',
    `seek=${firstByte / mebibyte}`,
    'conv=notrunc,sparse',
    'status=none',
  ]);
};

export interface LinuxImageOptions {
  sizeBytes?: number;
  fileSystem?: 'ext4' | 'xfs' | 'btrfs';
  extra?: (root: string) => void;
}

/** A disk with GPT, boot code, an EFI system partition and a Linux root last, cut into chunks. */
export const linuxImage = async (folder: string, options: LinuxImageOptions = {}): Promise<SampleImage> => {
  const { sizeBytes = 48 * mebibyte, fileSystem = 'ext4', extra } = options;
  const file = path.join(folder, 'golden.raw');
  execFileSync('truncate', ['--size', `${sizeBytes}`, file]);
  program(
    'sfdisk',
    ['--quiet', file],
    'label: gpt\nstart=2048,size=2048,type=21686148-6449-6E6F-744E-656564454649\nstart=4096,size=16384,type=U\nstart=20480,type=L\n',
  );
  writeFileSync(path.join(folder, 'boot-code'), randomBytes(440));
  execFileSync('dd', [`if=${path.join(folder, 'boot-code')}`, `of=${file}`, 'conv=notrunc', 'status=none']);
  const esp = path.join(folder, 'esp');
  execFileSync('truncate', ['--size', '8M', esp]);
  program('mkfs.fat', ['-n', 'ESP', esp]);
  place(esp, file, 2 * mebibyte);
  const root = path.join(folder, 'root');
  const rootBytes = sizeBytes - 11 * mebibyte;
  execFileSync('truncate', ['--size', `${rootBytes}`, root]);
  const files = linuxFolder(path.join(folder, 'files'), extra);
  if (fileSystem === 'ext4') program('mke2fs', ['-q', '-t', 'ext4', '-d', files, root]);
  else if (fileSystem === 'btrfs') program('mkfs.btrfs', ['-q', '--rootdir', files, root]);
  else program('mkfs.xfs', ['-q', root]);
  place(root, file, 10 * mebibyte);
  for (const leftover of [esp, root, files, path.join(folder, 'boot-code')])
    rmSync(leftover, { recursive: true });
  return cutImage(file, { 2: 'vfat', 3: fileSystem });
};

/** The same image, to be spoilt by one test without the others seeing it. */
export const copyOf = (image: SampleImage): SampleImage => ({
  ...image,
  chunks: new Map(image.chunks),
  indexes: new Map(image.indexes),
});
