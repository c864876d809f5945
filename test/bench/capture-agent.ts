/** The agent's side of the benchmark `capture`, in a process of its own: DEVICE TARGET [URL SESSION ORDER], tells how long it took. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { captureStretch } from '../../src/agent/capture/capture-stretch.ts';
import { maskDisk } from '../../src/agent/capture/masked-disk.ts';
import { startPackPool } from '../../src/agent/capture/pack-pool.ts';
import { openSourceDisk } from '../../src/agent/capture/source-disk.ts';
import { survey } from '../../src/agent/capture/survey.ts';
import { run } from '../../src/agent/programs.ts';
import { mountWith } from '../../src/agent/system/mount.ts';
import { silentLog } from '../../src/core/log.ts';
import { totalOf } from '../../src/image/disk/extents.ts';

export interface CaptureRun {
  seconds: number;
  /** Of the used blocks, and what became of them. */
  usedBytes: number;
  packedBytes: number;
  rssMib: number;
}

const [device = '', target = ''] = process.argv.slice(2);
const started = performance.now();
const { signal } = new AbortController();
const disk = await openSourceDisk(device, run);
const stretch = { kind: 'partition', partition: 1, firstByte: 0, sizeBytes: disk.sizeBytes } as const;
const tools = { disk, run, withMount: mountWith(run), log: silentLog, signal };
const [volume] = await survey([stretch], () => false, tools);
if (volume?.how !== 'used blocks') throw new Error(`the volume was read as "${volume?.how}"`);
const pool = startPackPool(availableParallelism());
const counts = { chunks: 0, sentChunks: 0, knownChunks: 0, sentBytes: 0 };
const out = openSync(target, 'w');
// As the appliance does it: each chunk is wanted once.
const met = new Set<string>();
await captureStretch(stretch, {
  disk: maskDisk(disk, volume.kept, () => {}),
  pool,
  counts,
  advanced() {},
  signal,
  sink: {
    async lacking(ids) {
      const fresh = ids.filter((id) => !met.has(id));
      for (const id of fresh) met.add(id);
      return new Set(fresh);
    },
    async send({ bytes }) {
      writeSync(out, bytes);
    },
  },
});
closeSync(out);
const seconds = (performance.now() - started) / 1000;
await pool.close();
await disk.close();
const result: CaptureRun = {
  seconds,
  usedBytes: totalOf(volume.kept),
  packedBytes: counts.sentBytes,
  rssMib: process.memoryUsage.rss() / 2 ** 20,
};
process.send?.(result);
