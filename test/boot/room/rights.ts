/** The appliance without root: with two capabilities, with none, and with sockets that its parent has opened. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { openDescriptor } from '../../../src/boot/network/descriptor.ts';
import { udhcpc } from './dhcp-clients.ts';
import { connectHost, folder, ip, leave } from './network.ts';

const nobody = 65534;
const pc = await connectHost('pc');
await ip('link set lo up');
await ip('address add 10.77.0.1/24 dev pc-room');
await chown(folder, nobody, nobody);

const main = path.resolve(import.meta.dirname, '../../../src/main.ts');
const setpriv = (capabilities: string) => [
  `--reuid=${nobody}`,
  `--regid=${nobody}`,
  '--clear-groups',
  `--inh-caps=${capabilities}`,
  `--ambient-caps=${capabilities}`,
  `--bounding-set=${capabilities}`,
];

interface Appliance {
  child: ChildProcess;
  /** All that it has said. */
  said(): string;
  /** Until it serves, or has ended. */
  ready: Promise<unknown>;
  ended: Promise<unknown[]>;
}

/** `LISTEN_PID` is that of the shell, which becomes the appliance, as with systemd. */
const start = async (
  name: string,
  capabilities: string,
  mode: string,
  sockets: number[],
): Promise<Appliance> => {
  const own = path.join(folder, name);
  await mkdir(own);
  await chown(own, nobody, nobody);
  const args = ['--interface', `pc-room=${mode}`, '--data', `${own}/data`, '--images', `${own}/images`];
  const shell = ['sh', '-c', 'LISTEN_PID=$$ exec "$@"', 'sh', process.execPath, main, ...args];
  const child = spawn('setpriv', [...setpriv(capabilities), '--', ...shell], {
    stdio: ['ignore', 'pipe', 'pipe', ...sockets],
    env: { ...process.env, LISTEN_FDS: String(sockets.length), LISTEN_FDNAMES: 'dhcp:tftp:http:other:boot' },
  });
  let output = '';
  const ended = once(child, 'close');
  const up = new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (bytes) => {
        output += bytes;
        if (output.includes('Greif is up')) resolve(undefined);
      });
  });
  const appliance = { child, said: () => output, ready: Promise.race([up, ended]), ended };
  await appliance.ready;
  return appliance;
};

/** What a PC gets of the appliance. */
const serve = async () => {
  const lease = await udhcpc(pc, 'pc');
  await pc.run('ip', 'address', 'replace', '10.77.0.9/24', 'dev', 'pc');
  const http = await pc
    .run(
      'curl',
      '-sS',
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}',
      '-m',
      '9',
      'http://10.77.0.1:8080/boot/files/nope',
    )
    .catch(String);
  const tftp = await pc
    .run('tftp', '-m', 'binary', '10.77.0.1', '-c', 'get', 'nope', `${folder}/nope`)
    .catch((error) => String(error.stderr));
  await pc.run('ip', 'address', 'flush', 'dev', 'pc');
  return { lease: typeof lease === 'string' ? lease : lease['serverid'], http, tftp };
};

const stop = async ({ child, ended, said }: Appliance) => {
  child.kill('SIGTERM');
  const [status] = await ended;
  return { status, said: said() };
};

const two = '-all,+net_bind_service,+net_raw';
const capable = await start('capable', two, 'server', []);
const withCapabilities = { ...(await serve()), ...(await stop(capable)) };

const withoutRights = await stop(await start('powerless', '-all', 'server', []));

const device = 'pc-room';
const sockets = [
  openDescriptor('udp', { address: '0.0.0.0', port: 67, device }),
  openDescriptor('udp', { address: '10.77.0.1', port: 69 }),
  openDescriptor('tcp', { address: '0.0.0.0', port: 8080, device }),
  openDescriptor('udp', { address: '10.77.0.1', port: 5555 }),
];
const activated = await start('activated', '-all', 'server', sockets);
const withSockets = { ...(await serve()), ...(await stop(activated)) };

const boot = openDescriptor('udp', { address: '0.0.0.0', port: 4011, device });
const proxy = await start('proxy', '-all', 'proxy', [...sockets, boot]);
const client = path.join(import.meta.dirname, 'boot-server-client.ts');
const withProxySockets = {
  reply: JSON.parse(await pc.run(process.execPath, client)),
  ...(await stop(proxy)),
};

leave({ withCapabilities, withoutRights, withSockets, withProxySockets });
