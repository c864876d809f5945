import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';
import { importImage } from '../../../src/image/import/import.ts';
import { openKeyRing } from '../../../src/image/keys/key-ring.ts';
import { openImageStore } from '../../../src/image/store/image-store.ts';
import { readIndex } from '../../../src/image/store/verify.ts';
import { median } from '../result.ts';
import { runChild } from '../run-child.ts';
import { denseDisk } from '../stream-disk.ts';
import type { Reading } from './reading-process.ts';

const mebibyte = 1024 * 1024;

/** An image's packed chunks read in its order, from packs and from one flat file of the same bytes, cold, turn about. */
export const compareReading = async (folder: string, diskMebibytes: number, rounds: number) => {
  const disk = denseDisk(folder, 'disk', diskMebibytes * mebibyte);
  const store = await openImageStore(
    path.join(folder, 'images'),
    await openKeyRing(path.join(folder, 'keys')),
  );
  await importImage({ name: 'disk', file: disk, store });
  await store.chunks.writer.seal();
  rmSync(disk);
  const flat = path.join(folder, 'flat');
  const out = openSync(flat, 'w');
  for (const volume of (await store.get('disk')).manifest.volumes) {
    const index = await readIndex(volume, store);
    const ids = Array.from({ length: index.count }, (_, item) => index.id(item));
    for await (const chunk of store.chunks.getMany(ids)) writeSync(out, chunk as Uint8Array);
  }
  closeSync(out);
  await store.close();
  const program = path.join(import.meta.dirname, 'reading-process.ts');
  const { ours, theirs } = await runChild<Reading>(program, [folder, `${rounds}`]);
  const sizeMebibytes = statSync(flat).size / mebibyte;
  return {
    ratio: median(theirs) / median(ours),
    mebibytesPerSecond: sizeMebibytes / median(ours),
    flatMebibytesPerSecond: sizeMebibytes / median(theirs),
  };
};
