import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { isMainThread } from 'node:worker_threads';
import { openBlockDevice } from '../../src/agent/disk/block-device.ts';
import { startDiskThreads } from '../../src/agent/disk/disk-threads.ts';
import { writeBuffers } from '../../src/agent/disk/disk-writer.ts';
import type { VolumeContent } from '../../src/agent/disk/layout.ts';
import { piecesOf } from '../../src/agent/disk/pieces.ts';
import { proofOf } from '../../src/agent/disk/prove-restored.ts';
import { type ReadTools, readBuffers, readExtents } from '../../src/agent/disk/read-extents.ts';
import { type Restored, restore } from '../../src/agent/disk/restore.ts';
import { planRestore } from '../../src/agent/disk/restore-plan.ts';
import { run } from '../../src/agent/programs.ts';
import { usedBlocks } from '../../src/agent/seed/used-blocks.ts';
import { silentLog } from '../../src/core/log.ts';
import { httpChunks } from '../../src/delivery/http-chunks.ts';
import { joined } from '../../src/image/disk/extents.ts';
import { decodeIndex } from '../../src/image/format/index-file.ts';
import type { BenchVolume } from './stream.ts';

const [volumesFile = '', port = '', device = '', sizeBytes = '', mode = 'full'] = process.argv.slice(2);
const signal = new AbortController().signal;
const advanced = () => {};

const readContents = (): VolumeContent[] => {
  const listed: BenchVolume[] = JSON.parse(readFileSync(volumesFile, 'utf8'));
  return listed.map(({ volume, index }) => ({ volume, index: decodeIndex(Buffer.from(index, 'base64')) }));
};

const readOnce = async (contents: readonly VolumeContent[], tools: ReadTools): Promise<Restored> => {
  let readBytes = 0;
  for await (const { sizeBytes } of readExtents(joined(piecesOf(() => false).written(contents)), tools))
    readBytes += sizeBytes;
  const none = { fetchedBytes: 0, writtenBytes: 0, zeroedBytes: 0, copiedBytes: 0 };
  return { counts: { ...none, inPlaceBytes: readBytes } };
};

/**
 * The agent's disk work in a process of its own, as on a PC: writes the image to the device, then reads it back. Mode `full` writes
 * all, `seed` deploys as a delta, `read` only reads what the image's file systems use once, as a measure.
 */
const main = async (): Promise<void> => {
  const contents = readContents();
  const disk = await openBlockDevice(device);
  const reading = { device: disk, buffers: readBuffers(), signal };
  const started = performance.now();
  const { digest, unpack, close } = startDiskThreads(availableParallelism(), new URL(import.meta.url));
  const deploy = (): Promise<Restored> =>
    restore(planRestore(contents, Number(sizeBytes)), {
      ...reading,
      writeBuffers: writeBuffers(),
      digest,
      unpack,
      connectChunks: (until) => httpChunks({ baseUrl: `http://127.0.0.1:${port}`, signal: until }),
      log: silentLog,
      advanced,
      seed: mode === 'seed' ? { usedExtents: usedBlocks(device, run, signal) } : undefined,
    });
  const restored = await (mode === 'read' ? readOnce(contents, reading) : deploy());
  const written = performance.now();
  if (mode !== 'read')
    await proofOf(contents, restored, disk.sizeBytes).run({ ...reading, digest, advanced });
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
};

// Threads run this same file, as those of the agent's bundle do.
if (isMainThread) await main();
