/** TFTP over a cable that is too narrow for the largest block, and beside a client that takes all it can get; both with real clients. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bootFolder } from '../../../src/boot/boot-folder.ts';
import { startTftpServer } from '../../../src/boot/tftp/server.ts';
import { connectHost, folder, type Host, ip, leave } from './network.ts';
import { readableLog } from './readable-log.ts';

const server = '10.77.1.1';
const modest = await connectHost('modest');
const greedy = await connectHost('greedy');
await ip(`address add ${server}/24 dev modest-room`);
await ip('address add 10.77.2.1/24 dev greedy-room');
await modest.run('ip', 'address', 'add', '10.77.1.2/24', 'dev', 'modest');
await greedy.run('ip', 'address', 'add', '10.77.2.2/24', 'dev', 'greedy');
await greedy.run('ip', 'route', 'add', `${server}/32`, 'dev', 'greedy');

const boot = path.join(folder, 'boot');
await mkdir(boot);
const content = randomBytes(1024 * 1024 + 17);
await writeFile(path.join(boot, 'loader'), content);
await writeFile(path.join(boot, 'endless'), '');
await truncate(path.join(boot, 'endless'), 8 * 1024 ** 3);
const { log, lines } = readableLog();
await startTftpServer({ address: server, port: 69, files: bootFolder(boot), log });

const atftp = (windowsize: number, file: string, to: string): string[] => {
  const options = ['--option', 'blksize 1468', '--option', `windowsize ${windowsize}`];
  return ['atftp', ...options, '-g', '-r', file, '-l', to, server];
};

/** Whether the modest client got every byte. */
const fetchLoader = async (windowsize: number): Promise<boolean> => {
  const to = path.join(folder, `loader-${windowsize}`);
  const [command = '', ...args] = atftp(windowsize, 'loader', to);
  await modest.run(command, ...args);
  return content.equals(await readFile(to));
};

const start = (host: Host, command: string[]): ChildProcess =>
  spawn('nsenter', ['-t', `${host.pid}`, '-n', ...command], { stdio: 'ignore' });

const besideGreedy = await (async () => {
  const many = Array.from({ length: 8 }, () => start(greedy, atftp(64, 'endless', '/dev/null')));
  const sent = async () => JSON.parse(await ip('-s -j link show greedy-room'))[0].stats64.tx.bytes;
  while ((await sent()) < 16 * 1024 ** 2) await sleep(20);
  const isWhole = await fetchLoader(1);
  const stillRunning = many.filter(({ exitCode }) => exitCode === null).length;
  for (const child of many) child.kill();
  return { isWhole, stillRunning };
})();

await ip('link set modest-room mtu 1400');
await modest.run('ip', 'link', 'set', 'modest', 'mtu', '1400');
const narrow = { one: await fetchLoader(1), window: await fetchLoader(16) };
const warnings = lines.filter(({ level }) => level !== 'debug').map(({ message }) => message);
leave({ besideGreedy, narrow, warnings });
