import { once } from 'node:events';
import { mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { type Cable, layCable } from './cable.ts';
import { startNginx } from './nginx.ts';
import { cpuSeconds } from './process-time.ts';
import { type Benchmark, median, rounded } from './result.ts';
import { startBenchAppliance } from './start-appliance.ts';

const project = path.resolve(import.meta.dirname, '../..');
const mebibyte = 1024 * 1024;
const fileName = 'gibibyte';

interface Server {
  url: string;
  pid: number;
}

interface Measured {
  /** Of all clients together, in the time of the slowest. */
  mibPerSecond: number;
  /** Processor time of the server. */
  cpuSeconds: number;
}

interface Download {
  sizeBytes: number;
  seconds: number;
}

const download = async (cable: Cable, url: string): Promise<Download> => {
  const said = '%{size_download} %{time_total}';
  const args = ['--silent', '--fail', '--output', '/dev/null', '--write-out', said, url];
  const curl = cable.spawnClient('curl', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  curl.stdout?.on('data', (text) => (output += text));
  const [status] = await once(curl, 'close');
  if (status !== 0) throw new Error(`curl ${url} ended with ${status}`);
  const [sizeBytes = 0, seconds = 0] = output.split(' ').map(Number);
  return { sizeBytes, seconds };
};

/** Throws when a client did not get every byte. */
const measure = async (cable: Cable, { url, pid }: Server, clients: number, sizeBytes: number) => {
  const cpuBefore = await cpuSeconds(pid);
  const downloads = await Promise.all(Array.from({ length: clients }, () => download(cable, url)));
  if (downloads.some((one) => one.sizeBytes !== sizeBytes)) throw new Error(`${url}: a download was cut`);
  const seconds = Math.max(...downloads.map((one) => one.seconds));
  return {
    mibPerSecond: (clients * sizeBytes) / mebibyte / seconds,
    cpuSeconds: (await cpuSeconds(pid)) - cpuBefore,
  };
};

const compare = async (
  cable: Cable,
  sides: { ours: Server; nginx: Server },
  run: { clients: number; rounds: number; sizeBytes: number },
) => {
  const runs = { ours: [] as Measured[], nginx: [] as Measured[] };
  for (let round = 0; round < run.rounds; round++) {
    for (const side of ['ours', 'nginx'] as const)
      runs[side].push(await measure(cable, sides[side], run.clients, run.sizeBytes));
    const said = (['ours', 'nginx'] as const).map((side) => {
      const last = runs[side].at(-1);
      return `${side} ${last?.mibPerSecond.toFixed(0)} MiB/s (processor ${last?.cpuSeconds.toFixed(2)} s)`;
    });
    process.stderr.write(`${run.clients} client(s), round ${round + 1}: ${said.join(', ')}\n`);
  }
  const middle = (side: 'ours' | 'nginx', what: keyof Measured) => median(runs[side].map((one) => one[what]));
  return {
    ratio: middle('ours', 'mibPerSecond') / middle('nginx', 'mibPerSecond'),
    ours: middle('ours', 'mibPerSecond'),
    nginx: middle('nginx', 'mibPerSecond'),
    cpuRatio: middle('ours', 'cpuSeconds') / middle('nginx', 'cpuSeconds'),
  };
};

/** Not zeros: a file system could keep those without their bytes. Read once, so that it lies in the page cache. */
const writeLargeFile = async (file: string, sizeBytes: number): Promise<void> => {
  const handle = await open(file, 'w');
  const piece = Buffer.alloc(mebibyte, 'Greif ');
  for (let at = 0; at < sizeBytes; at += piece.length) await handle.write(piece, 0, piece.length, at);
  await handle.close();
  await readFile(file);
};

/**
 * A file from the page cache over a veth pair, from the real appliance and from nginx (one worker, sendfile), turn about: to one curl, then to
 * eight at once. Needs root.
 */
export const run: Benchmark = async ({ quick }) => {
  const cable = await layCable();
  const labFolder = path.join(project, 'data/lab');
  await mkdir(labFolder, { recursive: true });
  const folder = await mkdtemp(path.join(labFolder, 'http-'));
  const sizeBytes = (quick ? 256 : 1024) * mebibyte;
  await using started = new AsyncDisposableStack();
  started.defer(() => rm(folder, { recursive: true, force: true }));
  started.defer(() => cable.cut());

  await mkdir(path.join(folder, 'boot'));
  await writeLargeFile(path.join(folder, 'boot', fileName), sizeBytes);
  const appliance = await startBenchAppliance(cable.interfaceName, folder);
  started.defer(() => appliance.stop());
  const nginx = await startNginx({
    folder,
    root: path.join(folder, 'boot'),
    address: cable.address,
    port: 8081,
  });
  started.defer(() => nginx.stop());

  const sides = {
    ours: { url: `http://${cable.address}:8080/boot/files/${fileName}`, pid: appliance.pid },
    nginx: { url: `http://${cable.address}:8081/${fileName}`, pid: nginx.workerPid },
  };
  const one = await compare(cable, sides, { clients: 1, rounds: 3, sizeBytes });
  const eight = await compare(cable, sides, { clients: 8, rounds: 3, sizeBytes });
  return {
    metrics: {
      one_client_vs_nginx: rounded(one.ratio),
      eight_clients_vs_nginx: rounded(eight.ratio),
      one_client_mib_per_second: rounded(one.ours),
      one_client_nginx_mib_per_second: rounded(one.nginx),
      one_client_processor_vs_nginx: rounded(one.cpuRatio),
      eight_clients_mib_per_second: rounded(eight.ours),
      eight_clients_nginx_mib_per_second: rounded(eight.nginx),
      eight_clients_processor_vs_nginx: rounded(eight.cpuRatio),
    },
    goals: { one_client_vs_nginx: '>=0.8', eight_clients_vs_nginx: '>=0.8' },
  };
};
