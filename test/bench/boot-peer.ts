import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawnBound, stop } from '../../src/lab/child.ts';
import type { Room } from '../../src/lab/room.ts';

const readyWithinMs = 10_000;

const dnsmasqConfiguration = ({ bridge, address }: Room, folder: string, bootFolder: string): string =>
  [
    'port=0',
    'user=root',
    `interface=${bridge}`,
    'bind-interfaces',
    'dhcp-authoritative',
    // The peer at its best: otherwise it waits for an answer to a ping before each offer.
    'no-ping',
    `dhcp-range=${address.replace(/\d+$/, '100')},${address.replace(/\d+$/, '200')},1h`,
    `dhcp-leasefile=${folder}/dnsmasq.leases`,
    'enable-tftp',
    `tftp-root=${bootFolder}`,
    'dhcp-match=set:ipxe,175',
    'dhcp-boot=tag:!ipxe,loaders/undionly.kpxe',
    `dhcp-boot=tag:ipxe,http://${address}:8080/boot.ipxe`,
    '',
  ].join('\n');

const nginxConfiguration = ({ address }: Room, folder: string, bootFolder: string): string =>
  `user root; daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr;
events {}
http {
  access_log off; sendfile on; tcp_nopush on;
  client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
  uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  server {
    listen ${address}:8080;
    location /boot/files/ { alias ${bootFolder}/; }
    location = /boot.ipxe { alias ${folder}/boot.ipxe; }
  }
}
`;

const saidReady = async (dnsmasq: ChildProcess): Promise<void> => {
  if (!dnsmasq.stderr) return;
  for await (const line of createInterface(dnsmasq.stderr)) if (/DHCP, IP range/.test(line)) break;
  dnsmasq.stderr.resume();
};

const answers = async (url: string): Promise<void> => {
  const deadline = Date.now() + readyWithinMs;
  for (;;) {
    try {
      await (await fetch(url)).arrayBuffer();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(50);
    }
  }
};

/** dnsmasq (DHCP and TFTP) and nginx, which serve the same boot folder and that one script. Resolves with what stops them. */
export const startPeer = async (
  room: Room,
  { folder, bootFolder, script }: { folder: string; bootFolder: string; script: string },
): Promise<() => Promise<void>> => {
  const file = (name: string) => path.join(folder, name);
  await writeFile(file('boot.ipxe'), script);
  await writeFile(file('dnsmasq.conf'), dnsmasqConfiguration(room, folder, bootFolder));
  await writeFile(file('nginx.conf'), nginxConfiguration(room, folder, bootFolder));
  const nginx = spawnBound('nginx', ['-c', file('nginx.conf')], { stdio: ['ignore', 'ignore', 'inherit'] });
  const dnsmasq = spawnBound('dnsmasq', ['--no-daemon', `--conf-file=${file('dnsmasq.conf')}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await Promise.all([once(nginx, 'spawn'), once(dnsmasq, 'spawn')]);
  await saidReady(dnsmasq);
  await answers(`http://${room.address}:8080/boot.ipxe`);
  return async () => {
    await stop(dnsmasq, 'SIGTERM');
    await stop(nginx, 'SIGTERM');
  };
};
