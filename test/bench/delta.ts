import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeIndex } from '../../src/image/format/index-file.ts';
import { importImage } from '../../src/image/import/import.ts';
import type { ChunkId } from '../../src/image/ports.ts';
import type { ImageStore } from '../../src/image/store/image-store.ts';
import { storeWithKeys } from '../image/store-with-keys.ts';
import { withDiskDevice } from './loop-device.ts';
import { type BenchResult, median, rounded } from './result.ts';
import { type AgentRun, runAgent, say } from './stream.ts';
import { asDisk, copySystem } from './stream-disk.ts';

const mebibyte = 1024 * 1024;
const program = (name: string, ...args: string[]): string =>
  execFileSync(name, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

interface Versions {
  v1: string;
  v2: string;
  v3: string;
}

/** A small system; the same with more than as much again installed in place, and some of it changed; its files on a fresh file system. */
const makeVersions = (folder: string, unitBytes: number): Versions => {
  const sizeBytes = 6 * unitBytes;
  const files = path.join(folder, 'files');
  const system = path.join(folder, 'ext4');
  const mounted = path.join(folder, 'mounted');
  mkdirSync(mounted);
  const fresh = (): void => {
    rmSync(system, { force: true });
    writeFileSync(system, '');
    truncateSync(system, sizeBytes);
    program('mke2fs', '-q', '-t', 'ext4', '-d', files, system);
  };
  const keep = (name: string): string => {
    cpSync(system, path.join(folder, `${name}-ext4`));
    return asDisk(folder, name, path.join(folder, `${name}-ext4`));
  };
  copySystem(files, unitBytes / 2, ['/usr/bin', '/usr/sbin', '/usr/lib/x86_64-linux-gnu']);
  fresh();
  const v1 = keep('v1');
  program('mount', '-o', 'loop', system, mounted);
  try {
    copySystem(mounted, unitBytes / 2, ['/usr/lib/gcc', '/usr/lib/git-core', '/usr/share']);
    rmSync(path.join(mounted, 'usr/sbin'), { recursive: true, force: true });
    program('cp', '-a', path.join(mounted, '.'), path.join(folder, 'files-2'));
  } finally {
    program('umount', mounted);
  }
  const v2 = keep('v2');
  rmSync(files, { recursive: true });
  program('mv', path.join(folder, 'files-2'), files);
  rmSync(path.join(files, 'lost+found'), { recursive: true, force: true });
  fresh();
  const v3 = keep('v3');
  rmSync(files, { recursive: true });
  return { v1, v2, v3 };
};

const chunkIds = async (store: ImageStore, ref: string): Promise<Set<ChunkId>> => {
  const ids = new Set<ChunkId>();
  for (const volume of (await store.get(ref)).manifest.volumes) {
    const index = decodeIndex((await store.index(volume.index)) as Buffer);
    for (let item = 0; item < index.count; item++) if (!index.isZero(item)) ids.add(index.id(item));
  }
  return ids;
};

/** What version 3 added to the store, packed. */
const newlyStored = async (store: ImageStore): Promise<number> => {
  const known = (await chunkIds(store, 'v1')).union(await chunkIds(store, 'v2'));
  let bytes = 0;
  for (const id of (await chunkIds(store, 'v3')).difference(known))
    bytes += (await store.chunks.get(id))?.length ?? 0;
  return bytes;
};

const secondsOf = ({ writeSeconds, readBackSeconds }: AgentRun): number => writeSeconds + readBackSeconds;

/**
 * Version 3 onto a disk that holds version 2: bytes fetched, against the whole image as zstd -3; then version 3 again, where nothing
 * is to be done, against reading the used blocks once from the same device (a file on this machine's disk, O_DIRECT all the way).
 */
export const run = async ({ quick }: { quick: boolean }): Promise<BenchResult> => {
  const folder = mkdtempSync(path.join(tmpdir(), 'greif-bench-'));
  const children: ChildProcess[] = [];
  try {
    const versions = makeVersions(folder, (quick ? 256 : 700) * mebibyte);
    const storeFolder = path.join(folder, 'store');
    const store = await storeWithKeys(storeFolder);
    for (const [name, file] of Object.entries(versions)) {
      say(`importing ${name}`);
      await importImage({ name, file, store });
    }
    const whole = path.join(folder, 'v3.zst');
    program('zstd', '-q', '-3', '-T0', versions.v3, '-o', whole);
    const server = fork(path.join(import.meta.dirname, 'stream-server.ts'), [storeFolder]);
    children.push(server);
    const [port] = await once(server, 'message');
    const sizeBytes = statSync(versions.v3).size;
    return await withDiskDevice(sizeBytes, async (device) => {
      const agent = (image: string, mode: 'full' | 'seed' | 'read') =>
        runAgent({ store: storeFolder, image, port: port as number, device, sizeBytes, mode });
      const full = await agent('v2', 'full');
      say(`v2 whole: ${secondsOf(full).toFixed(2)} s`);
      const delta = await agent('v3', 'seed');
      say(`v2 to v3: ${secondsOf(delta).toFixed(2)} s, ${JSON.stringify(delta.counts)}`);
      const noops: number[] = [];
      const reads: number[] = [];
      for (let round = 0; round < 3; round++) {
        const noop = await agent('v3', 'seed');
        const read = await agent('v3', 'read');
        say(
          `nothing to do: ${secondsOf(noop).toFixed(2)} s, reading once: ${read.writeSeconds.toFixed(2)} s`,
        );
        if (noop.counts.fetchedBytes > 0) throw new Error('a disk that is right was fetched for');
        noops.push(secondsOf(noop));
        reads.push(read.writeSeconds);
      }
      const wholeBytes = statSync(whole).size;
      return {
        metrics: {
          fetched_share: rounded(delta.counts.fetchedBytes / wholeBytes),
          stored_share: rounded((await newlyStored(store)) / wholeBytes),
          noop_vs_read_once: rounded(median(noops) / median(reads)),
          noop_seconds: rounded(median(noops)),
          delta_seconds: rounded(secondsOf(delta)),
          full_seconds: rounded(secondsOf(full)),
          copied_mib: rounded(delta.counts.copiedBytes / mebibyte),
          in_place_mib: rounded(delta.counts.inPlaceBytes / mebibyte),
          fetched_mib: rounded(delta.counts.fetchedBytes / mebibyte),
          whole_zstd_mib: rounded(wholeBytes / mebibyte),
        },
        goals: { fetched_share: '<=0.25', stored_share: '<=0.30', noop_vs_read_once: '<=1.3' },
      };
    });
  } finally {
    for (const child of children) child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
};
