import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RestoreCounts } from '../../src/agent/disk/restore.ts';
import type { Volume } from '../../src/image/format/manifest.ts';
import { importImage } from '../../src/image/import/import.ts';
import { bundleAgent } from '../../src/setup/boot-folder/agent-bundle.ts';
import { storeWithKeys } from '../image/store-with-keys.ts';
import { withMemoryDevice } from './loop-device.ts';
import { type BenchResult, median, rounded } from './result.ts';
import { runChild } from './run-child.ts';
import { denseDisk, sparseDisk } from './stream-disk.ts';

const mebibyte = 1024 * 1024;
const project = path.resolve(import.meta.dirname, '../..');

export interface AgentRun {
  counts: RestoreCounts;
  writeSeconds: number;
  readBackSeconds: number;
  rssMib: number;
}

export const say = (line: string): void => void process.stderr.write(`${line}\n`);

export interface AgentTask {
  store: string;
  image: string;
  port: number;
  device: string;
  sizeBytes: number;
  mode: 'full' | 'seed' | 'read';
}

/** A volume of an image, its index as base64. */
export interface BenchVolume {
  volume: Volume;
  index: string;
}

/** Beside the store: what the agent would have been told. */
const writeVolumes = async (storeFolder: string, image: string): Promise<string> => {
  const store = await storeWithKeys(storeFolder);
  const { manifest } = await store.get(image);
  const listed: BenchVolume[] = [];
  for (const volume of manifest.volumes) {
    const index = await store.index(volume.index);
    if (!index) throw new Error(`the store has no index ${volume.index}`);
    listed.push({ volume, index: index.toString('base64') });
  }
  const file = `${storeFolder}-${image}.json`;
  writeFileSync(file, JSON.stringify(listed));
  return file;
};

/** Runs the agent's disk work in a process of its own, bundled as the agent is. */
export const runAgent = async (task: AgentTask): Promise<AgentRun> => {
  const { store, image, port, device, sizeBytes, mode } = task;
  const program = `${store}-agent.mjs`;
  if (!existsSync(program))
    writeFileSync(program, (await bundleAgent(project, 'test/bench/stream-agent.ts')).code);
  const args = [await writeVolumes(store, image), `${port}`, device, `${sizeBytes}`, mode];
  // As the agent's init starts it.
  return runChild<AgentRun>(program, args, ['--max-semi-space-size=2']);
};

const ours = (store: string, image: string, disk: string, port: number): Promise<AgentRun> => {
  const sizeBytes = statSync(disk).size;
  return withMemoryDevice(sizeBytes, (device) =>
    runAgent({ store, image, port, device, sizeBytes, mode: 'full' }),
  );
};

const theirs = (url: string, disk: string): Promise<number> =>
  withMemoryDevice(statSync(disk).size, async (device) => {
    const started = performance.now();
    const script =
      'set -o pipefail; curl --silent --fail "$1" | zstd -dc | dd of="$2" bs=1M iflag=fullblock conv=fsync status=none';
    const [status] = await once(
      spawn('bash', ['-c', script, 'bash', url, device], { stdio: 'inherit' }),
      'exit',
    );
    if (status !== 0) throw new Error(`curl | zstd | dd ended with status ${status}`);
    return (performance.now() - started) / 1000;
  });

export const startNginx = async (folder: string): Promise<{ child: ChildProcess; url: string }> => {
  const socketPort = 18000 + (process.pid % 10_000);
  const configuration = path.join(folder, 'nginx.conf');
  writeFileSync(
    configuration,
    `daemon off; pid ${folder}/nginx.pid; error_log stderr; user root; events {}
     http { access_log off; sendfile on; client_body_temp_path ${folder}/t; proxy_temp_path ${folder}/t; fastcgi_temp_path ${folder}/t;
       uwsgi_temp_path ${folder}/t; scgi_temp_path ${folder}/t; server { listen 127.0.0.1:${socketPort}; root ${folder}; } }`,
  );
  const child = spawn('nginx', ['-c', configuration, '-e', 'stderr'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = `http://127.0.0.1:${socketPort}`;
  while (
    !(await fetch(url).then(
      () => true,
      () => false,
    ))
  )
    if (child.exitCode !== null) throw new Error('nginx ended');
  return { child, url };
};

const compare = async (
  name: string,
  disk: string,
  rounds: number,
  sides: { store: string; port: number; url: string },
) => {
  const agentRuns: AgentRun[] = [];
  const pipeSeconds: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const agent = await ours(sides.store, name, disk, sides.port);
    const pipe = await theirs(`${sides.url}/${name}.zst`, disk);
    say(
      `${name}: agent ${agent.writeSeconds.toFixed(2)} s (read-back ${agent.readBackSeconds.toFixed(2)} s, ${agent.rssMib.toFixed(0)} MiB), curl | zstd | dd ${pipe.toFixed(2)} s`,
    );
    agentRuns.push(agent);
    pipeSeconds.push(pipe);
  }
  const writeSeconds = median(agentRuns.map((one) => one.writeSeconds));
  return {
    ratio: median(pipeSeconds) / writeSeconds,
    mibPerSecond: statSync(disk).size / mebibyte / writeSeconds,
    readBackSeconds: median(agentRuns.map((one) => one.readBackSeconds)),
    rssMib: Math.max(...agentRuns.map((one) => one.rssMib)),
  };
};

const prepare = async (folder: string, disks: Record<string, string>): Promise<string> => {
  const storeFolder = path.join(folder, 'store');
  const store = await storeWithKeys(storeFolder);
  for (const [name, disk] of Object.entries(disks)) {
    say(`${name}: importing ${(statSync(disk).size / mebibyte).toFixed(0)} MiB`);
    await importImage({ name, file: disk, store });
    execFileSync('zstd', ['-q', '-3', '-T0', disk, '-o', path.join(folder, `${name}.zst`)]);
    // What is read from now on lies in the page cache, for both sides.
    readFileSync(path.join(folder, `${name}.zst`));
  }
  return storeFolder;
};

/**
 * The agent's pipeline (chunks by HTTP, unpack, prove, write) against `curl | zstd -dc | dd` of the same disk image, both from
 * loopback to an empty block device in memory, flushed at the end, turn about; medians.
 */
export const run = async ({ quick }: { quick: boolean }): Promise<BenchResult> => {
  const folder = mkdtempSync(path.join(tmpdir(), 'greif-bench-'));
  const children: ChildProcess[] = [];
  try {
    const [size, rounds] = [quick ? 1024 : 3072, 3];
    say('making disk images of this machine’s own files');
    const disks = {
      system: sparseDisk(folder, 'system', size * mebibyte, (size / 3) * mebibyte),
      quarter: sparseDisk(folder, 'quarter', (size / 4) * mebibyte, (size / 12) * mebibyte),
      dense: denseDisk(folder, 'dense', (size / 4) * mebibyte),
    };
    const store = await prepare(folder, disks);
    const server = fork(path.join(import.meta.dirname, 'stream-server.ts'), [store]);
    children.push(server);
    const [port] = await once(server, 'message');
    const nginx = await startNginx(folder);
    children.push(nginx.child);
    const sides = { store, port: port as number, url: nginx.url };

    const system = await compare('system', disks.system, rounds, sides);
    const quarter = await compare('quarter', disks.quarter, rounds, sides);
    const dense = await compare('dense', disks.dense, rounds, sides);
    return {
      metrics: {
        ratio_vs_curl_zstd_dd: rounded(system.ratio),
        agent_rss_mib: rounded(Math.max(system.rssMib, dense.rssMib)),
        rss_at_4x_image: rounded(system.rssMib / quarter.rssMib),
        agent_mib_per_second: rounded(system.mibPerSecond),
        read_back_seconds: rounded(system.readBackSeconds),
        ratio_without_holes: rounded(dense.ratio),
        mib_per_second_without_holes: rounded(dense.mibPerSecond),
      },
      goals: { ratio_vs_curl_zstd_dd: '>=0.9', agent_rss_mib: '<=300', rss_at_4x_image: '<=1.1' },
    };
  } finally {
    for (const child of children) child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
};
