/** Other DHCP servers in a room: dnsmasq, ISC dhcpd and Kea. Each is ready when its promise resolves; the room's end is theirs. */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { folder, type Host } from './network.ts';

/** Runs a server on a host until it has said that it is ready. Throws with what it said when it ends instead. */
const serve = async (
  host: Host,
  ready: RegExp,
  command: readonly string[],
  env = {},
): Promise<ChildProcess> => {
  const child = spawn('nsenter', ['-t', String(host.pid), '-n', ...command], {
    env: { ...process.env, ...env },
  });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (bytes) => {
        said += bytes;
        if (ready.test(said)) resolve();
      });
    child.on('close', () => reject(new Error(`${command[0]}: ${said}`)));
  });
  return child;
};

/** @param options beyond the range; e.g. `--dhcp-boot=…` */
export const dnsmasq = (host: Host, face: string, range: string, options: string[] = []) =>
  serve(host, /started|DHCP, IP range/, [
    'dnsmasq',
    '--keep-in-foreground',
    '--conf-file=/dev/null',
    '--port=0',
    '--user=root',
    '--no-ping',
    `--interface=${face}`,
    '--dhcp-authoritative',
    `--dhcp-range=${range},1h`,
    `--dhcp-leasefile=${path.join(folder, `${face}-dnsmasq.leases`)}`,
    '--log-facility=-',
    ...options,
  ]);

export const iscDhcpd = async (host: Host, face: string, configuration: string) => {
  const [file, leases] = [path.join(folder, `${face}-dhcpd.conf`), path.join(folder, `${face}-dhcpd.leases`)];
  await writeFile(file, configuration);
  await writeFile(leases, '');
  return serve(host, /Server starting service/, [
    // By its path: the npm package dhcp, a client in other tests, has a program of this name too.
    '/usr/sbin/dhcpd',
    ...['-4', '-f', '-d', '--no-pid', '-cf', file, '-lf', leases, face],
  ]);
};

/** @param dhcp4 what stands in `Dhcp4` beside interface, leases and log */
export const kea = async (host: Host, face: string, dhcp4: object) => {
  const file = path.join(folder, `${face}-kea.json`);
  const settings = {
    'interfaces-config': { interfaces: [face] },
    'lease-database': { type: 'memfile', persist: false },
    loggers: [{ name: 'kea-dhcp4', severity: 'INFO', output_options: [{ output: 'stdout' }] }],
  };
  await writeFile(file, JSON.stringify({ Dhcp4: { ...settings, ...dhcp4 } }));
  const env = { KEA_PIDFILE_DIR: folder, KEA_LOCKFILE_DIR: folder };
  return serve(host, /DHCP4_STARTED/, ['kea-dhcp4', '-c', file], env);
};

/** ISC dhcrelay between an interface with PCs and one with servers. */
export const relay = (host: Host, pcs: string, upstream: string, servers: readonly string[]) =>
  serve(host, /Sending on {3}Socket/, [
    '/usr/sbin/dhcrelay',
    '-4',
    '-d',
    '-id',
    pcs,
    '-iu',
    upstream,
    ...servers,
  ]);

export const stop = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    child.removeAllListeners('close').on('close', () => resolve());
    child.kill();
  });
