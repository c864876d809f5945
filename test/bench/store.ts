import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BenchResult, rounded } from './result.ts';
import { measureIndex } from './store/large-index.ts';
import { compareReading } from './store/reading.ts';
import { compareVersions } from './store/versions.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/**
 * The image store: reading an image in its order from cold packs against one flat file of the same bytes; an index of a million chunks;
 * and what a version costs when a thousand are kept.
 */
export const run = async ({ quick }: { quick: boolean }): Promise<BenchResult> => {
  const folder = mkdtempSync(path.join(tmpdir(), 'greif-bench-'));
  const memory = mkdtempSync('/dev/shm/greif-bench-');
  try {
    say('an index of a million chunks');
    const index = await measureIndex(path.join(folder, 'index'), 1_000_000);
    say(`opened in ${index.openSeconds.toFixed(2)} s, slowest lookup ${index.worst.toFixed(2)} ms`);
    say('1,000 versions against 10');
    const versions = await compareVersions(memory, 1000, 10, quick ? 15 : 41);
    say('packs against a flat file, cold');
    const reading = await compareReading(folder, quick ? 512 : 1536, quick ? 5 : 7);
    return {
      metrics: {
        packs_vs_flat_file: rounded(reading.ratio),
        lookup_p99_ms: rounded(index.p99),
        index_rss_mib: rounded(index.rssMib),
        cost_1000_vs_10_versions: rounded(versions.ratio),
        packs_mib_per_second: rounded(reading.mebibytesPerSecond),
        flat_mib_per_second: rounded(reading.flatMebibytesPerSecond),
        open_seconds: rounded(index.openSeconds),
        add_version_ms: rounded(versions.addMilliseconds),
        read_version_ms: rounded(versions.readMilliseconds),
        list_1000_versions_ms: rounded(versions.listMilliseconds),
        collect_1000_versions_ms: rounded(versions.collectMilliseconds),
      },
      goals: {
        packs_vs_flat_file: '>=0.8',
        lookup_p99_ms: '<=1',
        index_rss_mib: '<=300',
        cost_1000_vs_10_versions: '<=1.2',
      },
    };
  } finally {
    for (const made of [folder, memory]) rmSync(made, { recursive: true, force: true });
  }
};
