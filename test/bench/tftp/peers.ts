import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasExited, spawnBound, stop } from '../../../src/lab/child.ts';

/** A TFTP server under measurement. */
export interface TftpPeer {
  port: number;
  pid: number;
  stop(): Promise<void>;
}

const listens = (port: number): boolean =>
  execFileSync('ss', ['-Hlun', `sport = :${port}`], { encoding: 'utf8' }) !== '';

const started = async (child: ChildProcess, port: number, debianPackage: string): Promise<TftpPeer> => {
  await once(child, 'spawn');
  while (!listens(port)) {
    if (hasExited(child)) throw new Error(`${child.spawnargs[3]} ended: is ${debianPackage} installed?`);
    await sleep(20);
  }
  return { port, pid: child.pid ?? 0, stop: () => stop(child, 'SIGTERM') };
};

/** As Debian installs it, but in the foreground and without its log. */
export const startAtftpd = (address: string, folder: string): Promise<TftpPeer> => {
  const port = 6970;
  const who = ['--user', 'root', '--group', 'root'];
  const args = [
    '--daemon',
    '--no-fork',
    '--port',
    `${port}`,
    '--bind-address',
    address,
    ...who,
    '--verbose=3',
  ];
  return started(
    spawnBound('atftpd', [...args, '--logfile', '/dev/null', folder], { stdio: 'ignore' }),
    port,
    'atftpd',
  );
};

/** Its port is 69 and cannot be chosen. */
export const startDnsmasq = (interfaceName: string, folder: string): Promise<TftpPeer> => {
  const args = ['--no-daemon', '--conf-file=/dev/null', '--port=0', '--user=root', '--bind-interfaces'];
  args.push(`--interface=${interfaceName}`, '--enable-tftp', `--tftp-root=${folder}`, '--quiet-tftp');
  return started(spawnBound('dnsmasq', args, { stdio: 'ignore' }), 69, 'dnsmasq-base');
};
