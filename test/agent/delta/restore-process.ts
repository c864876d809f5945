import { readFileSync } from 'node:fs';
import { openBlockDevice } from '../../../src/agent/disk/block-device.ts';
import { digestChunks } from '../../../src/agent/disk/chunk-digests.ts';
import { writeBuffers } from '../../../src/agent/disk/disk-writer.ts';
import { readBuffers } from '../../../src/agent/disk/read-extents.ts';
import { restore } from '../../../src/agent/disk/restore.ts';
import { planRestore } from '../../../src/agent/disk/restore-plan.ts';
import { unpackChunks } from '../../../src/agent/disk/unpack-chunks.ts';
import { run } from '../../../src/agent/programs.ts';
import { usedBlocks } from '../../../src/agent/seed/used-blocks.ts';
import { silentLog } from '../../../src/core/log.ts';
import { httpChunks } from '../../../src/delivery/http-chunks.ts';
import { decodeIndex } from '../../../src/image/format/index-file.ts';
import type { Volume } from '../../../src/image/format/manifest.ts';

/** A delta deploy in a process that can be killed; tells its parent of every stretch that is done. */
const [baseUrl = '', disk = '', imageFile = ''] = process.argv.slice(2);
const { volumes, indexes } = JSON.parse(readFileSync(imageFile, 'utf8')) as {
  volumes: Volume[];
  indexes: Record<string, string>;
};
const contents = volumes.map((volume) => ({
  volume,
  index: decodeIndex(Buffer.from(indexes[volume.index] as string, 'base64')),
}));
const { signal } = new AbortController();
const device = await openBlockDevice(disk);
await restore(planRestore(contents, device.sizeBytes), {
  device,
  buffers: readBuffers(),
  writeBuffers: writeBuffers(),
  digest: async (bytes, ends) => digestChunks(bytes, ends),
  connectChunks: (until) => httpChunks({ baseUrl, signal: until }),
  unpack: async (chunks, target) => unpackChunks(chunks, target),
  signal,
  log: silentLog,
  advanced: () => void process.send?.('advanced'),
  // A memory that holds a few chunks only.
  seed: { usedExtents: usedBlocks(disk, run, signal), memoryBytes: 512 * 1024 },
});
await device.close();
process.disconnect?.();
