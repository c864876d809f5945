import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openSourceStore } from '../../src/sources/source-store.ts';
import { makeIso } from '../sources/media.ts';
import { type Cable, layCable } from './cable.ts';
import { startNginx } from './nginx.ts';
import { cpuSeconds } from './process-time.ts';
import { type Benchmark, median, rounded } from './result.ts';
import { startBenchAppliance } from './start-appliance.ts';

const project = path.resolve(import.meta.dirname, '../..');
const largestBytes = 16 * 1024;
const clientsAtOnce = 8;

interface Server {
  url: string;
  pid: number;
}

interface Measured {
  filesPerSecond: number;
  /** Processor time of the server for a thousand files. */
  cpuPerThousand: number;
}

/** Files of 200 bytes to 16 KiB, more small ones than large, in folders as a Debian mirror has them. */
const writeTree = async (root: string, count: number): Promise<Map<string, number>> => {
  const sizes = new Map<string, number>();
  for (let index = 0; index < count; index++) {
    const sizeBytes = Math.round(200 * (largestBytes / 200) ** ((index * 0.618) % 1));
    const file = `pool/main/${(index % 26).toString(36)}/source-${index % 700}/file_${index}.udeb`;
    await mkdir(path.dirname(path.join(root, file)), { recursive: true });
    await writeFile(path.join(root, file), randomBytes(sizeBytes));
    sizes.set(file, sizeBytes);
  }
  return sizes;
};

/** curl fetches all of a list on one connection. Throws when a file did not come whole. */
const fetchAll = async (cable: Cable, listFile: string, expected: { files: number; bytes: number }) => {
  const curl = cable.spawnClient('curl', ['--silent', '--fail', '--config', listFile], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  curl.stdout?.on('data', (text) => (output += text));
  const [status] = await once(curl, 'close');
  const sizes = output.trim().split('\n').map(Number);
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  if (status !== 0 || sizes.length !== expected.files || bytes !== expected.bytes)
    throw new Error(`curl ended with ${status} after ${sizes.length} files, ${bytes} bytes`);
};

/** One list a client: of all files for one client alone, else each has its share. */
const writeLists = async (
  folder: string,
  name: string,
  url: string,
  sizes: Map<string, number>,
  clients: number,
) => {
  const files = [...sizes.keys()];
  const lists = [];
  for (let client = 0; client < clients; client++) {
    const own = files.filter((_, index) => index % clients === client);
    const listFile = path.join(folder, `${name}-${clients}-${client}`);
    const lines = own.map((file) => `url = "${url}/${file}"\noutput = "/dev/null"`);
    await writeFile(listFile, `write-out = "%{size_download}\\n"\n${lines.join('\n')}\n`);
    const bytes = own.reduce((sum, file) => sum + (sizes.get(file) ?? 0), 0);
    lists.push({ listFile, files: own.length, bytes });
  }
  return lists;
};

type Lists = Awaited<ReturnType<typeof writeLists>>;

const measure = async (cable: Cable, pid: number, lists: Lists): Promise<Measured> => {
  const files = lists.reduce((sum, list) => sum + list.files, 0);
  const cpuBefore = await cpuSeconds(pid);
  const began = performance.now();
  await Promise.all(lists.map((list) => fetchAll(cable, list.listFile, list)));
  const seconds = (performance.now() - began) / 1000;
  return {
    filesPerSecond: files / seconds,
    cpuPerThousand: (((await cpuSeconds(pid)) - cpuBefore) / files) * 1000,
  };
};

/**
 * Small files out of an ISO, from the real appliance, and unpacked from nginx (one worker, sendfile), turn about, over a veth pair: to one curl on one
 * connection, then to eight at once, each with its share. Both have the files in the page cache. Needs root.
 */
export const run: Benchmark = async ({ quick }) => {
  const cable = await layCable();
  const labFolder = path.join(project, 'data/lab');
  await mkdir(labFolder, { recursive: true });
  const folder = await mkdtemp(path.join(labFolder, 'iso-'));
  await using started = new AsyncDisposableStack();
  started.defer(() => rm(folder, { recursive: true, force: true }));
  started.defer(() => cable.cut());
  const fileCount = quick ? 4000 : 20_000;
  const rounds = quick ? 3 : 5;

  const tree = path.join(folder, 'tree');
  const sizes = await writeTree(tree, fileCount);
  const iso = path.join(folder, 'a.iso');
  await makeIso(tree, iso);
  await mkdir(path.join(folder, 'boot'));
  const sources = await openSourceStore(path.join(folder, 'data/sources'));
  await sources.import({ name: 'a', path: iso, at: new Date().toISOString() });
  await sources.close();
  const appliance = await startBenchAppliance(cable.interfaceName, folder);
  started.defer(() => appliance.stop());
  const nginx = await startNginx({ folder, root: tree, address: cable.address, port: 8081 });
  started.defer(() => nginx.stop());

  const sides: Record<'ours' | 'nginx', Server> = {
    ours: { url: `http://${cable.address}:8080/sources/a`, pid: appliance.pid },
    nginx: { url: `http://${cable.address}:8081`, pid: nginx.workerPid },
  };
  const compare = async (clients: number) => {
    const runs = { ours: [] as Measured[], nginx: [] as Measured[] };
    const lists = {
      ours: await writeLists(folder, 'ours', sides.ours.url, sizes, clients),
      nginx: await writeLists(folder, 'nginx', sides.nginx.url, sizes, clients),
    };
    for (let round = 0; round <= rounds; round++) {
      for (const side of ['ours', 'nginx'] as const) {
        const measured = await measure(cable, sides[side].pid, lists[side]);
        // The first fills the page cache and lets Node compile.
        if (round > 0) runs[side].push(measured);
        process.stderr.write(
          `${clients} client(s), round ${round}: ${side} ${measured.filesPerSecond.toFixed(0)} files/s, processor ${measured.cpuPerThousand.toFixed(3)} s a thousand\n`,
        );
      }
    }
    const middle = (side: 'ours' | 'nginx', what: keyof Measured) =>
      median(runs[side].map((one) => one[what]));
    return {
      ratio: middle('ours', 'filesPerSecond') / middle('nginx', 'filesPerSecond'),
      ours: middle('ours', 'filesPerSecond'),
      nginx: middle('nginx', 'filesPerSecond'),
      cpuRatio: middle('ours', 'cpuPerThousand') / middle('nginx', 'cpuPerThousand'),
    };
  };
  const one = await compare(1);
  const eight = await compare(clientsAtOnce);
  return {
    metrics: {
      small_files_vs_nginx: rounded(Math.min(one.ratio, eight.ratio)),
      one_client_vs_nginx: rounded(one.ratio),
      one_client_files_per_second: rounded(one.ours),
      one_client_nginx_files_per_second: rounded(one.nginx),
      one_client_processor_vs_nginx: rounded(one.cpuRatio),
      eight_clients_vs_nginx: rounded(eight.ratio),
      eight_clients_files_per_second: rounded(eight.ours),
      eight_clients_nginx_files_per_second: rounded(eight.nginx),
      eight_clients_processor_vs_nginx: rounded(eight.cpuRatio),
    },
    goals: { small_files_vs_nginx: '>=0.7' },
  };
};
