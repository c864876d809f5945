import { closeSync, openSync, readdirSync, readSync, writeSync } from 'node:fs';
import path from 'node:path';
import { shrinkFileSystem } from '../../../src/agent/fit/shrink.ts';
import { run } from '../../../src/agent/programs.ts';
import { mountWith } from '../../../src/agent/system/mount.ts';
import { unpackChunk } from '../../../src/image/format/chunk.ts';
import { type ChunkIndex, decodeIndex } from '../../../src/image/format/index-file.ts';
import type { ChunkId } from '../../../src/image/ports.ts';
import { loopDisk, rootTest, sparseFile, temporaryFolder } from '../loop-disk.ts';
import { type Cut, cutVolume } from '../sample-image.ts';
import { assertSound, filledFileSystem, hashes, mounted } from './file-systems.ts';

const mebibyte = 1024 * 1024;

const copyFront = (from: string, to: string, length: number): void => {
  const bytes = Buffer.alloc(length);
  const source = openSync(from, 'r');
  readSync(source, bytes, 0, length, 0);
  closeSync(source);
  const target = openSync(to, 'r+');
  writeSync(target, bytes, 0, length, 0);
  closeSync(target);
};

for (const { fileSystem, sizeMiB, smallMiB, fillerMiB } of [
  { fileSystem: 'ext4', sizeMiB: 320, smallMiB: 96, fillerMiB: 240 },
  { fileSystem: 'ntfs', sizeMiB: 128, smallMiB: 60, fillerMiB: 80 },
  { fileSystem: 'btrfs', sizeMiB: 640, smallMiB: 300, fillerMiB: 400 },
] as const)
  rootTest(
    `${fileSystem}: shrinks into a partition that holds only its front, every file unharmed`,
    async (t) => {
      const folder = await temporaryFolder(t);
      const { file, files } = filledFileSystem(folder, fileSystem, sizeMiB * mebibyte, {
        fillerBytes: fillerMiB * mebibyte,
      });
      const cut: Cut = { chunks: new Map(), indexes: new Map() };
      const volume = await cutVolume(
        file,
        { kind: 'partition', partition: 1, firstByte: 0, sizeBytes: sizeMiB * mebibyte },
        cut,
      );
      const index = decodeIndex(cut.indexes.get(volume.index) as Buffer);
      // No chunk ends here, as on any disk.
      const sizeBytes = smallMiB * mebibyte - 512 * 3;
      const small = sparseFile(path.join(folder, 'small.raw'), sizeBytes);
      copyFront(file, small, index.start(index.firstAfter(sizeBytes)));
      const disk = loopDisk(t, small);

      const fetched = new Set<ChunkId>();
      const readChunk = async (of: ChunkIndex, item: number): Promise<Buffer> => {
        fetched.add(of.id(item));
        return unpackChunk(of.id(item), cut.chunks.get(of.id(item)) as Buffer, of.size(item));
      };
      await shrinkFileSystem(
        { device: disk.path, fileSystem, index, sizeBytes },
        { run, withMount: mountWith(run), readChunk },
      );

      assertSound(fileSystem, disk.path);
      t.deepEqual(mounted(fileSystem, disk.path, folder, hashes), files);
      t.true(fetched.size > 10, 'the large file lay behind the new end and came from the image');
    },
  );

rootTest(
  'a chunk that cannot be fetched is the reason that is given, and nothing stays mounted',
  async (t) => {
    const folder = await temporaryFolder(t);
    const { file } = filledFileSystem(folder, 'ntfs', 128 * mebibyte, { fillerBytes: 72 * mebibyte });
    const cut: Cut = { chunks: new Map(), indexes: new Map() };
    const volume = await cutVolume(
      file,
      { kind: 'partition', partition: 1, firstByte: 0, sizeBytes: 128 * mebibyte },
      cut,
    );
    const index = decodeIndex(cut.indexes.get(volume.index) as Buffer);
    const small = sparseFile(path.join(folder, 'small.raw'), 64 * mebibyte);
    copyFront(file, small, index.start(index.firstAfter(64 * mebibyte)));
    const disk = loopDisk(t, small);
    const views: string[] = [];
    const readChunk = async (of: ChunkIndex, item: number): Promise<Buffer> => {
      // Read before there is a view.
      if (item === index.firstAfter(64 * mebibyte))
        return unpackChunk(of.id(item), cut.chunks.get(of.id(item)) as Buffer, of.size(item));
      views.push(...readdirSync(folder).filter((name) => name.startsWith('greif-view')));
      throw new Error('the appliance is gone');
    };
    const shrinking = { device: disk.path, fileSystem: 'ntfs', index, sizeBytes: 64 * mebibyte };
    // Tests of other files shrink at the same time: this one looks below its own folder.
    const before = process.env['TMPDIR'];
    process.env['TMPDIR'] = folder;
    t.teardown(() => {
      if (before === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before;
    });
    await t.throwsAsync(shrinkFileSystem(shrinking, { run, withMount: mountWith(run), readChunk }), {
      message: /the appliance is gone/,
    });
    t.true(views.length > 0, 'the view lies below the own folder');
    t.notRegex(await run('mount', []), new RegExp(`${folder}/greif-view`));
  },
);
