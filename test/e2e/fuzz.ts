import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Benchmark, rounded } from '../bench/result.ts';
import { runInRoom } from '../boot/room/enter.ts';
import type { Outcome } from './fuzz/campaign.ts';
import { fuzzInProcess, type Service } from './fuzz/in-process.ts';

const services: readonly Service[] = ['dhcp', 'proxy', 'tftp'];
const withinMs = 30 * 60_000;

const fuzzOverWire = async (
  service: Service,
  packets: number,
  seed: number,
): Promise<Outcome & { received: number }> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'greif-fuzz-'));
  try {
    const program = path.join(import.meta.dirname, 'fuzz/wire.ts');
    const args = [folder, service, String(packets), String(seed)];
    return (await runInRoom(program, args, withinMs)) as Outcome & { received: number };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** What went wrong; the packets, from which to make a golden file (test/e2e/fuzz/golden), go into a file. */
const report = async (name: string, { faults, ...outcome }: Outcome): Promise<void> => {
  process.stderr.write(`${name}: ${JSON.stringify({ ...outcome, faults: faults.length })}\n`);
  if (faults.length === 0) return;
  const file = path.join(await mkdtemp(path.join(tmpdir(), 'greif-faults-')), `${name}.json`);
  await writeFile(file, JSON.stringify(faults, undefined, 2));
  process.stderr.write(`${faults[0]?.reasons[0]}\nall of it: ${file}\n`);
};

const metricsOf = (name: string, outcome: Outcome): Record<string, number> => ({
  [`${name}_packets`]: outcome.packets,
  [`${name}_replies`]: outcome.replies,
  [`${name}_faults`]: outcome.faults.length,
  [`${name}_unanswered`]: outcome.unanswered,
  [`${name}_heap_growth_mb`]: rounded(outcome.heapGrowthBytes / 2 ** 20),
  [`${name}_open_files_growth`]: outcome.openFilesGrowth,
});

const goalsOf = (name: string, packets: number): Record<string, string> => ({
  [`${name}_packets`]: `>=${packets}`,
  [`${name}_faults`]: '<=0',
  [`${name}_unanswered`]: '<=0',
  [`${name}_heap_growth_mb`]: '<=4',
  [`${name}_open_files_growth`]: '<=16',
});

/**
 * Mutated packets at each port of the boot services, in process and over a cable in a namespace: nothing may throw, leak or fall silent. Needs root for the
 * second part.
 */
export const run: Benchmark = async ({ quick, seed = 1 }) => {
  const [inProcess, overWire] = quick ? [50_000, 5_000] : [1_000_000, 50_000];
  const [metrics, goals]: [Record<string, number>, Record<string, string>] = [{ seed }, {}];
  const note = async (name: string, packets: number, outcome: Outcome): Promise<void> => {
    await report(name, outcome);
    Object.assign(metrics, metricsOf(name, outcome));
    Object.assign(goals, goalsOf(name, packets));
  };
  for (const service of services) {
    await note(service, inProcess, await fuzzInProcess(service, inProcess, seed));
    const outcome = await fuzzOverWire(service, overWire, seed);
    await note(`${service}_wire`, overWire, outcome);
    metrics[`${service}_wire_received`] = outcome.received;
  }
  return { metrics, goals };
};
