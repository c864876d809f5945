import { availableParallelism } from 'node:os';
import { openBlockDevice } from '../../src/agent/disk/block-device.ts';
import { startDigestPool } from '../../src/agent/disk/digest-pool.ts';
import { writeBuffers } from '../../src/agent/disk/disk-writer.ts';
import type { VolumeContent } from '../../src/agent/disk/layout.ts';
import { piecesOf } from '../../src/agent/disk/pieces.ts';
import { proofOf } from '../../src/agent/disk/prove-restored.ts';
import { readBuffers, readExtents } from '../../src/agent/disk/read-extents.ts';
import { type Restored, restore } from '../../src/agent/disk/restore.ts';
import { planRestore } from '../../src/agent/disk/restore-plan.ts';
import { run } from '../../src/agent/programs.ts';
import { usedBlocks } from '../../src/agent/seed/used-blocks.ts';
import { silentLog } from '../../src/core/log.ts';
import { httpChunks } from '../../src/delivery/http-chunks.ts';
import { joined } from '../../src/image/disk/extents.ts';
import { unpackChunk } from '../../src/image/format/chunk.ts';
import { decodeIndex } from '../../src/image/format/index-file.ts';
import { storeWithKeys } from '../image/store-with-keys.ts';

/**
 * The agent's disk work in a process of its own, as on a PC: writes the image to the device, then reads it back. Mode `full` writes
 * all, `seed` deploys as a delta, `read` only reads the data chunks once, as a measure.
 */
const [storeFolder = '', image = '', port = '', device = '', sizeBytes = '', mode = 'full'] =
  process.argv.slice(2);
const store = await storeWithKeys(storeFolder);
const { manifest } = await store.get(image);
const contents: VolumeContent[] = [];
for (const volume of manifest.volumes) {
  const index = await store.index(volume.index);
  if (!index) throw new Error(`the store has no index ${volume.index}`);
  contents.push({ volume, index: decodeIndex(index) });
}

const signal = new AbortController().signal;
const disk = await openBlockDevice(device);
const advanced = () => {};
const buffers = readBuffers();
const { digest, close } = startDigestPool(availableParallelism());

function* dataOf() {
  for (const piece of piecesOf(() => true).written(contents)) if (piece.kind === 'data') yield piece;
}

const readOnce = async (): Promise<Restored> => {
  let readBytes = 0;
  for await (const { sizeBytes } of readExtents(joined(dataOf()), { device: disk, buffers, signal }))
    readBytes += sizeBytes;
  const counts = {
    fetchedBytes: 0,
    writtenBytes: 0,
    zeroedBytes: 0,
    inPlaceBytes: readBytes,
    copiedBytes: 0,
  };
  return { counts };
};

const deploy = (): Promise<Restored> =>
  restore(planRestore(contents, Number(sizeBytes)), {
    device: disk,
    buffers,
    writeBuffers: writeBuffers(),
    digest,
    connectChunks: (until) => httpChunks({ baseUrl: `http://127.0.0.1:${port}`, signal: until }),
    unpack: unpackChunk,
    signal,
    log: silentLog,
    advanced,
    seed: mode === 'seed' ? { usedExtents: usedBlocks(device, run, signal) } : undefined,
  });

const started = performance.now();
const restored = await (mode === 'read' ? readOnce() : deploy());
const written = performance.now();
if (mode !== 'read')
  await proofOf(contents, restored, disk.sizeBytes).run({ device: disk, buffers, digest, signal, advanced });
const proven = performance.now();
await close();
await disk.close();
process.send?.({
  writeSeconds: (written - started) / 1000,
  readBackSeconds: (proven - written) / 1000,
  counts: restored.counts,
  rssMib: process.resourceUsage().maxRSS / 1024,
});
process.disconnect?.();
