import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Appliance } from '../../src/lab/appliance.ts';
import { type Cable, layCable } from './cable.ts';
import { cpuSeconds } from './process-time.ts';
import { type Benchmark, rounded } from './result.ts';
import { startBenchAppliance } from './start-appliance.ts';
import type { PcRun, Storm } from './storm/pcs.ts';

const project = path.resolve(import.meta.dirname, '../..');
const mebibyte = 1024 * 1024;

interface StormResult {
  runs: PcRun[];
  /** Processor time of the appliance. */
  cpuPerPcMs: number;
}

const blow = async (cable: Cable, appliance: Appliance, storm: Storm): Promise<StormResult> => {
  const program = path.join(import.meta.dirname, 'storm/pcs.ts');
  const before = await cpuSeconds(appliance.pid);
  const pcs = cable.spawnClient(process.execPath, [program, JSON.stringify(storm)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  pcs.stdout?.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  const [status] = await Promise.race([once(pcs, 'close'), appliance.failed]);
  if (status !== 0) throw new Error(`the PCs' program ended with ${status}`);
  const runs = JSON.parse(output) as PcRun[];
  return { runs, cpuPerPcMs: (1000 * ((await cpuSeconds(appliance.pid)) - before)) / storm.pcs };
};

/**
 * iPXE's receive window. With Linux's own the kernel, which holds both ends here, would have to keep 6 MiB for each of 2,000 PCs: far more than it gives to
 * all of TCP.
 */
const windowBytes = 256 * 1024;

const giveWindow = async (cable: Cable): Promise<void> => {
  const file = '/proc/sys/net/ipv4/tcp_rmem';
  const command = `echo 4096 65536 ${windowBytes} > ${file}`;
  const [status] = await once(cable.spawnClient('sh', ['-c', command], { stdio: 'inherit' }), 'close');
  if (status !== 0) throw new Error(`${file} cannot be written`);
};

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((one, other) => one - other)[Math.ceil(share * values.length) - 1] ?? Number.NaN;

const tell = ({ runs, cpuPerPcMs }: StormResult): void => {
  const good = runs.filter(({ failure }) => failure === undefined);
  const steps = (['leased', 'loaded', 'scripted', 'booted'] as const).map((step) => {
    const times = good.map((run) => run[step]);
    return `${step} ${percentile(times, 0.5).toFixed(1)} / ${percentile(times, 0.99).toFixed(1)} s`;
  });
  const failures = Map.groupBy(
    runs.flatMap(({ failure }) => failure ?? []),
    (failure) => failure,
  );
  process.stderr.write(
    `${runs.length} PCs, median / 99 % after power-on: ${steps.join(', ')}; ${cpuPerPcMs.toFixed(1)} ms of the server's processor a PC\n`,
  );
  for (const [failure, all] of failures) process.stderr.write(`  ${all.length} failed: ${failure}\n`);
};

const failuresOf = ({ runs }: StormResult): number =>
  runs.filter(({ failure }) => failure !== undefined).length;

/**
 * Hundreds of PCs are switched on within two seconds: DHCP, 1 MiB by TFTP, the script and 8 MiB by HTTP, against the real appliance over a veth pair.
 * DHCP goes by broadcast, told apart by MAC and transaction id; TFTP and HTTP leave from the address that each PC was given, with iPXE's receive window. Needs root.
 */
export const run: Benchmark = async ({ quick }) => {
  const cable = await layCable();
  await using started = new AsyncDisposableStack();
  started.defer(() => cable.cut());
  await giveWindow(cable);
  const labFolder = path.join(project, 'data/lab');
  await mkdir(labFolder, { recursive: true });
  const folder = await mkdtemp(path.join(labFolder, 'storm-'));
  started.defer(() => rm(folder, { recursive: true, force: true }));

  const loaderFile = path.join(folder, 'boot/loaders/undionly.kpxe');
  const kernelFile = path.join(folder, 'boot/agent/vmlinuz');
  for (const [file, sizeBytes] of [
    [loaderFile, mebibyte],
    [kernelFile, 8 * mebibyte],
  ] as const) {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, randomBytes(sizeBytes));
  }
  const appliance = await startBenchAppliance(cable.interfaceName, folder);
  started.defer(() => appliance.stop());

  const storm = (pcs: number, firstNumber: number): Promise<StormResult> =>
    blow(cable, appliance, { pcs, withinSeconds: 2, firstNumber, httpPort: 8080, loaderFile, kernelFile });
  // The first PCs pay for the compilation of the code that the others run.
  await storm(20, 1);
  const few = await storm(quick ? 100 : 500, 10_000);
  tell(few);
  const many = await storm(quick ? 400 : 2000, 100_000);
  tell(many);
  const booted = few.runs.map((one) => one.booted);
  return {
    metrics: {
      failures: failuresOf(few),
      p99_over_p50: rounded(percentile(booted, 0.99) / percentile(booted, 0.5)),
      cost_per_pc_2000_vs_500: rounded(many.cpuPerPcMs / few.cpuPerPcMs),
      failures_of_2000: failuresOf(many),
      seconds_p50: rounded(percentile(booted, 0.5)),
      seconds_p99: rounded(percentile(booted, 0.99)),
      processor_ms_per_pc: rounded(few.cpuPerPcMs),
    },
    goals: {
      failures: '<=0',
      p99_over_p50: '<=3',
      cost_per_pc_2000_vs_500: '<=1.2',
      failures_of_2000: '<=0',
    },
  };
};
