import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { importImage } from '../../src/image/import/import.ts';
import { storeWithKeys } from '../image/store-with-keys.ts';
import { withDiskDevice } from './loop-device.ts';
import { type BenchResult, median, rounded } from './result.ts';
import { runAgent, say, startNginx } from './stream.ts';
import { sparseDisk } from './stream-disk.ts';

const mebibyte = 1024 * 1024;

const bash = async (script: string, ...args: string[]): Promise<number> => {
  const started = performance.now();
  const child = spawn('bash', ['-c', `set -o pipefail; ${script}`, 'bash', ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [status] = await once(child, 'exit');
  if (status !== 0) throw new Error(`${script} ended with status ${status}`);
  return (performance.now() - started) / 1000;
};

/** The image's one partition, as Clonezilla and FOG keep it. */
const clone = (disk: string, target: string): Promise<number> =>
  bash(
    'device=$(losetup --find --show --offset 1048576 "$1") && trap "losetup -d $device" EXIT && partclone.ext4 -c -s $device -o - -L "$2.log" 2>/dev/null | zstd -q -3 -T0 -o "$2"',
    disk,
    target,
  );

/**
 * A full deploy from a store on loopback to a used block device on this machine's disk, read-back included, against
 * `curl | zstd -dc | partclone.restore` of the same volume, turn about; medians.
 */
export const run = async ({ quick }: { quick: boolean }): Promise<BenchResult> => {
  const folder = mkdtempSync(path.join(tmpdir(), 'greif-bench-'));
  const children: ChildProcess[] = [];
  try {
    const [size, used] = quick ? [1536, 256] : [4096, 700];
    const disk = sparseDisk(folder, 'disk', size * mebibyte, used * mebibyte);
    const storeFolder = path.join(folder, 'store');
    await importImage({ name: 'disk', file: disk, store: await storeWithKeys(storeFolder) });
    const cloned = path.join(folder, 'disk.zst');
    await clone(disk, cloned);
    // What is read from now on lies in the page cache, for both sides.
    readFileSync(cloned);
    const server = fork(path.join(import.meta.dirname, 'stream-server.ts'), [storeFolder]);
    children.push(server);
    const [port] = await once(server, 'message');
    const nginx = await startNginx(folder);
    children.push(nginx.child);
    const sizeBytes = statSync(disk).size;
    const ours: { write: number; all: number }[] = [];
    const theirs: number[] = [];
    // One device for all: each finds what the other has left.
    await withDiskDevice(sizeBytes, async (device) => {
      for (let round = 0; round < 3; round++) {
        const agent = await runAgent({
          store: storeFolder,
          image: 'disk',
          port: port as number,
          device,
          sizeBytes,
          mode: 'full',
        });
        const peer = await bash(
          'curl --silent --fail "$1" | zstd -dc | partclone.restore --quiet --UI-fresh 0 -s - -o "$2" -L "$3" 2>/dev/null && blockdev --flushbufs "$2"',
          `${nginx.url}/disk.zst`,
          device,
          path.join(folder, 'restore.log'),
        );
        const all = agent.writeSeconds + agent.readBackSeconds;
        say(
          `ours ${agent.writeSeconds.toFixed(2)} s and read-back ${agent.readBackSeconds.toFixed(2)} s; curl | zstd | partclone.restore ${peer.toFixed(2)} s`,
        );
        ours.push({ write: agent.writeSeconds, all });
        theirs.push(peer);
      }
    });
    const peerSeconds = median(theirs);
    const allSeconds = median(ours.map(({ all }) => all));
    const writeSeconds = median(ours.map(({ write }) => write));
    return {
      metrics: {
        speedup_vs_partclone_restore: rounded(peerSeconds / allSeconds),
        speedup_without_read_back: rounded(peerSeconds / writeSeconds),
        ours_seconds: rounded(allSeconds),
        of_these_read_back_seconds: rounded(allSeconds - writeSeconds),
        partclone_seconds: rounded(peerSeconds),
        image_zstd_mib: rounded(statSync(cloned).size / mebibyte),
      },
      goals: { speedup_vs_partclone_restore: '>=1' },
    };
  } finally {
    for (const child of children) child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
};
