import { openBlockDevice } from '../../src/agent/disk/block-device.ts';
import { writeBuffers } from '../../src/agent/disk/disk-writer.ts';
import type { VolumeContent } from '../../src/agent/disk/layout.ts';
import { proofOf } from '../../src/agent/disk/prove-restored.ts';
import { readBuffers } from '../../src/agent/disk/read-extents.ts';
import { restore } from '../../src/agent/disk/restore.ts';
import { planRestore } from '../../src/agent/disk/restore-plan.ts';
import { silentLog } from '../../src/core/log.ts';
import { httpChunks } from '../../src/delivery/http-chunks.ts';
import { unpackChunk } from '../../src/image/format/chunk.ts';
import { decodeIndex } from '../../src/image/format/index-file.ts';
import { storeWithKeys } from '../image/store-with-keys.ts';

/** The agent's disk work in a process of its own, as on a PC: writes the image to the device, then reads it back. */
const [storeFolder = '', image = '', port = '', device = '', sizeBytes = ''] = process.argv.slice(2);
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

const started = performance.now();
const restored = await restore(planRestore(contents, Number(sizeBytes)), {
  device: disk,
  buffers,
  writeBuffers: writeBuffers(),
  connectChunks: (until) => httpChunks({ baseUrl: `http://127.0.0.1:${port}`, signal: until }),
  unpack: unpackChunk,
  signal,
  log: silentLog,
  advanced,
});
const written = performance.now();
await proofOf(contents, restored, disk.sizeBytes).run({
  device: disk,
  buffers,
  signal,
  advanced,
});
const proven = performance.now();
await disk.close();
process.send?.({
  writeSeconds: (written - started) / 1000,
  readBackSeconds: (proven - written) / 1000,
  rssMib: process.resourceUsage().maxRSS / 1024,
});
process.disconnect?.();
