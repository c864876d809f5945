import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startAppliance } from '../../src/lab/appliance.ts';
import { exited, spawnBound, stop } from '../../src/lab/child.ts';
import { run as runProgram } from '../../src/lab/program.ts';
import { type Cable, layCable } from './cable.ts';
import { cpuSeconds } from './process-time.ts';
import { type Benchmark, median, rounded } from './result.ts';
import { startAtftpd, startDnsmasq, type TftpPeer } from './tftp/peers.ts';

const project = path.resolve(import.meta.dirname, '../..');
const mebibyte = 1024 * 1024;
const ourPort = 6969;
const manyClients = 200;
/** Addresses of the many clients, on the slow link. */
const clientNetwork = '10.79.1';

type Server = Pick<TftpPeer, 'port' | 'pid'>;

/** Fetches `file` once. */
type Client = (file: string, port: number) => Promise<void>;

const runClient = async (cable: Cable, command: string, args: string[]): Promise<string> => {
  const child = cable.spawnClient(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  let output = '';
  child.stdout?.on('data', (text) => (output += text));
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`);
  return output;
};

const atftp =
  (cable: Cable, windowsize: number): Client =>
  async (file, port) => {
    const options = ['--option', 'blksize 1468', '--option', `windowsize ${windowsize}`];
    await runClient(cable, 'atftp', [
      ...options,
      ...['-g', '-r', file, '-l', '/dev/null', cable.address, `${port}`],
    ]);
  };

const curl =
  (cable: Cable): Client =>
  async (file, port) => {
    const url = `tftp://${cable.address}:${port}/${file}`;
    await runClient(cable, 'curl', ['-sS', '--tftp-blksize', '1468', '-o', '/dev/null', url]);
  };

interface Measured {
  mibPerSecond: number;
  cpuSeconds: number;
}

const measure = async (client: Client, mebibytes: number, { port, pid }: Server): Promise<Measured> => {
  const cpuBefore = await cpuSeconds(pid);
  const start = performance.now();
  await client(`${mebibytes}`, port);
  const seconds = (performance.now() - start) / 1000;
  return { mibPerSecond: mebibytes / seconds, cpuSeconds: (await cpuSeconds(pid)) - cpuBefore };
};

/** Turn about, three times; medians. */
const compare = async (name: string, client: Client, mebibytes: number, sides: [Server, Server]) => {
  const runs: [Measured[], Measured[]] = [[], []];
  for (let round = 0; round < 3; round++)
    for (const side of [0, 1] as const) runs[side].push(await measure(client, mebibytes, sides[side]));
  const middle = (side: 0 | 1, what: keyof Measured) => median(runs[side].map((one) => one[what]));
  const [ours, theirs] = [middle(0, 'mibPerSecond'), middle(1, 'mibPerSecond')];
  const cpu = [0, 1].map((side) => middle(side as 0 | 1, 'cpuSeconds').toFixed(2));
  process.stderr.write(
    `${name}: ours ${ours.toFixed(1)} MiB/s (processor ${cpu[0]} s), theirs ${theirs.toFixed(1)} MiB/s (${cpu[1]} s)\n`,
  );
  return { ours, ratio: ours / theirs };
};

/** Rejects when the process ends. */
const refuseExit = async (child: ChildProcess): Promise<never> => {
  await exited(child);
  throw new Error(`${child.spawnargs.join(' ')} ended`);
};

/** Runs `use` while the clients reach the server by a cable of that quality. */
const withSlowLink = async <Result>(
  cable: Cable,
  { delayMs, lossPercent }: { delayMs: number; lossPercent: number },
  use: () => Promise<Result>,
): Promise<Result> => {
  const program = path.join(import.meta.dirname, 'tftp/slow-link.ts');
  const link = spawnBound(process.execPath, [program, `${delayMs}`, `${lossPercent}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (link.stdout) await Promise.race([once(link.stdout, 'data'), refuseExit(link)]);
  const ip = (line: string) => runProgram('ip', line.split(' '));
  const clientsIp = (line: string) => runClient(cable, 'ip', line.split(' '));
  try {
    await ip(`link set far netns ${cable.clientsPid}`);
    await ip('address add 10.79.0.1/16 dev near');
    await ip('link set near up txqueuelen 10000');
    await clientsIp('address add 10.79.0.2/16 dev far');
    await clientsIp('link set far up txqueuelen 10000');
    await clientsIp(`route add local ${clientNetwork}.0/24 dev lo`);
    await clientsIp(`route add ${cable.address}/32 dev far src 10.79.0.2`);
    return await Promise.race([use(), refuseExit(link)]);
  } finally {
    // The devices and all that hangs on them go with it.
    await stop(link, 'SIGKILL');
    await clientsIp(`route del local ${clientNetwork}.0/24 dev lo`);
  }
};

/** How much faster a window of eight is on a slow link. */
const windowGain = async (cable: Cable, ours: Server): Promise<number> => {
  const speeds = async (windowsize: number) => {
    const runs: number[] = [];
    for (let round = 0; round < 3; round++)
      runs.push((await measure(atftp(cable, windowsize), 4, ours)).mibPerSecond);
    return median(runs);
  };
  const [one, eight] = [await speeds(1), await speeds(8)];
  process.stderr.write(`1 ms of delay: window 1 ${one.toFixed(2)}, window 8 ${eight.toFixed(2)} MiB/s\n`);
  return eight / one;
};

const roomAtOnce = async (cable: Cable, folder: string): Promise<{ completed: number; seconds: number }> => {
  const program = path.join(import.meta.dirname, 'tftp/many-clients.ts');
  const args = [
    program,
    cable.address,
    `${ourPort}`,
    '1',
    path.join(folder, '1'),
    clientNetwork,
    `${manyClients}`,
  ];
  const output = await runClient(cable, process.execPath, args);
  process.stderr.write(`${manyClients} clients at once, 1 % loss: ${output}`);
  return JSON.parse(output);
};

const idlePercent = async (pid: number): Promise<number> => {
  const seconds = 2;
  const before = await cpuSeconds(pid);
  await sleep(1000 * seconds);
  return (100 * ((await cpuSeconds(pid)) - before)) / seconds;
};

/**
 * The real appliance against atftpd (with the atftp client, by window) and dnsmasq (with curl), the same file over a veth pair, turn about; then on a link with
 * delay, and for a room that loses packets. Needs root.
 */
export const run: Benchmark = async ({ quick }) => {
  const cable = await layCable();
  const labFolder = path.join(project, 'data/lab');
  await mkdir(labFolder, { recursive: true });
  const folder = await mkdtemp(path.join(labFolder, 'tftp-'));
  await using started = new AsyncDisposableStack();
  started.defer(() => rm(folder, { recursive: true, force: true }));
  started.defer(() => cable.cut());

  const large = quick ? 8 : 32;
  const boot = path.join(folder, 'boot');
  await mkdir(boot);
  for (const mebibytes of [1, 4, large])
    await writeFile(path.join(boot, `${mebibytes}`), randomBytes(mebibytes * mebibyte));
  const configFile = path.join(folder, 'greif.yaml');
  await writeFile(configFile, `folders: { boot: ${boot} }\nroom: { tftpPort: ${ourPort} }\n`);
  const appliance = await startAppliance(
    { bridge: cable.interfaceName },
    {
      data: path.join(folder, 'data'),
      images: path.join(folder, 'images'),
      logFile: path.join(folder, 'appliance.log'),
      dhcp: 'off',
      configFile,
    },
  );
  started.defer(() => appliance.stop());
  const atftpd = await startAtftpd(cable.address, boot);
  started.defer(() => atftpd.stop());
  const dnsmasq = await startDnsmasq(cable.interfaceName, boot);
  started.defer(() => dnsmasq.stop());

  const ours = { port: ourPort, pid: appliance.pid };
  const window1 = await compare('window 1, atftpd', atftp(cable, 1), large, [ours, atftpd]);
  const window8 = await compare('window 8, atftpd', atftp(cable, 8), large, [ours, atftpd]);
  const window32 = await compare('window 32, atftpd', atftp(cable, 32), large, [ours, atftpd]);
  const plain = await compare('curl, dnsmasq', curl(cable), large, [ours, dnsmasq]);
  const idle = await idlePercent(appliance.pid);
  const gain = await withSlowLink(cable, { delayMs: 0.5, lossPercent: 0 }, () => windowGain(cable, ours));
  const room = await withSlowLink(cable, { delayMs: 0, lossPercent: 1 }, () => roomAtOnce(cable, boot));
  return {
    metrics: {
      window1_vs_atftpd: rounded(window1.ratio),
      window8_vs_atftpd: rounded(window8.ratio),
      window32_vs_atftpd: rounded(window32.ratio),
      vs_dnsmasq: rounded(plain.ratio),
      window8_vs_window1_at_1ms: rounded(gain),
      completed_of_200: room.completed,
      window1_mib_per_second: rounded(window1.ours),
      window8_mib_per_second: rounded(window8.ours),
      window32_mib_per_second: rounded(window32.ours),
      seconds_for_200: rounded(room.seconds),
      idle_processor_percent: rounded(idle),
    },
    goals: {
      window1_vs_atftpd: '>=1.5',
      window8_vs_atftpd: '>=1.2',
      window32_vs_atftpd: '>=1.0',
      vs_dnsmasq: '>=1.5',
      window8_vs_window1_at_1ms: '>=5',
      completed_of_200: `>=${manyClients}`,
    },
  };
};
