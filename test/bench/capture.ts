import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CaptureRun } from './capture-agent.ts';
import { type BenchResult, median, rounded } from './result.ts';
import { runChild } from './run-child.ts';
import { say } from './stream.ts';
import { sparseVolume } from './stream-disk.ts';

const mebibyte = 1024 * 1024;

const timed = async (program: string, args: string[]): Promise<number> => {
  const started = performance.now();
  const [status] = await once(spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] }), 'exit');
  if (status !== 0) throw new Error(`${program} ended with status ${status}`);
  return (performance.now() - started) / 1000;
};

const ours = async (device: string, folder: string): Promise<CaptureRun> => {
  const target = path.join(folder, 'ours');
  const result = await runChild<CaptureRun>(path.join(import.meta.dirname, 'capture-agent.ts'), [
    device,
    target,
  ]);
  rmSync(target);
  return result;
};

const casync = async (file: string, folder: string): Promise<number> => {
  const store = path.join(folder, 'casync.castr');
  const index = path.join(folder, 'casync.caibx');
  const seconds = await timed('casync', ['make', '--digest=sha256', `--store=${store}`, index, file]);
  rmSync(store, { recursive: true });
  rmSync(index);
  return seconds;
};

const partclone = async (device: string, folder: string): Promise<{ seconds: number; bytes: number }> => {
  const target = path.join(folder, 'partclone.zst');
  const script =
    'set -o pipefail; partclone.ext4 --clone --quiet --UI-fresh 0 --source "$1" --output - --logfile "$3" 2>/dev/null | zstd -q -3 -T2 >"$2"';
  const args = ['-c', script, 'bash', device, target, path.join(folder, 'partclone.log')];
  const seconds = await timed('bash', args);
  const bytes = statSync(target).size;
  rmSync(target);
  return { seconds, bytes };
};

/** From now on the file's data lies in the page cache, for all. */
const readOnce = (file: string): void => {
  const descriptor = openSync(file, 'r');
  const buffer = Buffer.alloc(4 * mebibyte);
  while (readSync(descriptor, buffer) > 0);
  closeSync(descriptor);
};

/**
 * The agent's capture of an ext4 volume (used blocks by partclone's domain log, cut, hashed, packed, written to one file) against `casync make` of
 * the same sparse file (its defaults but SHA-256) and `partclone.ext4 | zstd -3 -T2`, turn about; medians. The volume holds this machine's own files.
 */
export const run = async ({ quick }: { quick: boolean }): Promise<BenchResult> => {
  const folder = mkdtempSync(path.join(tmpdir(), 'greif-bench-'));
  let device = '';
  try {
    const [sizeMib, usedMib, rounds] = quick ? [1024, 175, 3] : [4096, 700, 3];
    say(`making an ext4 volume of ${sizeMib} MiB with ${usedMib} MiB of this machine's own files`);
    const file = sparseVolume(folder, 'volume', sizeMib * mebibyte, usedMib * mebibyte);
    device = execFileSync('losetup', ['--find', '--show', file], { encoding: 'utf8' }).trim();
    readOnce(file);
    const captures: CaptureRun[] = [];
    const others: { casync: number; partclone: { seconds: number; bytes: number } }[] = [];
    for (let round = 0; round < rounds; round++) {
      const own = await ours(device, folder);
      const other = { partclone: await partclone(device, folder), casync: await casync(file, folder) };
      say(
        `capture ${own.seconds.toFixed(2)} s, partclone | zstd ${other.partclone.seconds.toFixed(2)} s, casync ${other.casync.toFixed(2)} s`,
      );
      captures.push(own);
      others.push(other);
    }
    const seconds = median(captures.map((one) => one.seconds));
    const [first] = captures;
    return {
      metrics: {
        speedup_vs_casync: rounded(median(others.map((one) => one.casync)) / seconds),
        speedup_vs_partclone_zstd: rounded(median(others.map((one) => one.partclone.seconds)) / seconds),
        capture_seconds: rounded(seconds),
        used_mib_per_second: rounded((first?.usedBytes ?? 0) / mebibyte / seconds),
        packed_vs_partclone_zstd: rounded((first?.packedBytes ?? 0) / (others[0]?.partclone.bytes ?? 1)),
        agent_rss_mib: rounded(Math.max(...captures.map((one) => one.rssMib))),
      },
      goals: { speedup_vs_casync: '>=3', speedup_vs_partclone_zstd: '>=1.0' },
    };
  } finally {
    if (device) execFileSync('losetup', ['--detach', device]);
    rmSync(folder, { recursive: true, force: true });
  }
};
