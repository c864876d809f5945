import { once } from 'node:events';
import { exited, spawnBound, stop } from './child.ts';
import { run } from './program.ts';
import type { Room } from './room.ts';

/** The site's own DHCP server, dnsmasq, on a host of its own in the room. */
export interface SiteDhcp {
  address: string;
  /** What it said: a line a packet. */
  log(): string;
  close(): Promise<void>;
}

const cable = 'site';

/** Gives addresses and knows nothing of booting. Throws STEP_FAILED. */
export const startSiteDhcp = async (room: Room): Promise<SiteDhcp> => {
  const address = '10.77.0.2';
  const host = spawnBound('unshare', ['--net', 'sh', '-c', 'echo ready; exec sleep infinity'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  if (host.stdout) await once(host.stdout, 'data');
  const inside = ['-t', String(host.pid), '-n'];
  await run('ip', `link add ${cable}-room type veth peer name ${cable}`.split(' '));
  await run('ip', ['link', 'set', cable, 'netns', String(host.pid)]);
  await run('ip', ['link', 'set', `${cable}-room`, 'master', room.bridge, 'up']);
  await run('nsenter', [...inside, 'ip', 'address', 'add', `${address}/24`, 'dev', cable]);
  await run('nsenter', [...inside, 'ip', 'link', 'set', cable, 'up']);
  const dnsmasq = spawnBound(
    'nsenter',
    [
      ...[...inside, 'dnsmasq', '--keep-in-foreground', '--conf-file=/dev/null', '--port=0', '--user=root'],
      ...[`--interface=${cable}`, '--dhcp-authoritative', '--dhcp-range=10.77.0.100,10.77.0.150,1h'],
      ...['--leasefile-ro', '--log-dhcp', '--log-facility=-'],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  dnsmasq.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
  if (dnsmasq.stderr) await Promise.race([once(dnsmasq.stderr, 'data'), exited(dnsmasq)]);
  return {
    address,
    log: () => said,
    async close() {
      await stop(dnsmasq, 'SIGKILL');
      await stop(host, 'SIGKILL');
    },
  };
};
