/** The server with the settings of a scope against dhcpcd, nmap, the npm package dhcp, and clients behind dhcrelay. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ownSockets, type Sockets } from '../../../src/boot/network/sockets.ts';
import { options } from '../../../src/wire/dhcp/options.ts';
import { decodePacket } from '../../../src/wire/dhcp/packet.ts';
import { scopeConfig } from '../samples.ts';
import { clientScript, udhcpc } from './dhcp-clients.ts';
import { connectHost, folder, ip, leave, run, startServices } from './network.ts';

const pc = await connectHost('pc');
const relay = await connectHost('relay');
/** The network behind the relay: a cable from the relay's host to another PC. */
const far = await connectHost('far');
await ip('link set lo up');
await ip('address add 10.77.0.1/24 dev pc-room');
await ip('address add 10.78.0.1/24 dev relay-room');
await ip(`link set far-room netns ${relay.pid}`);
await ip('route add 10.90.0.0/24 via 10.78.0.2');
await relay.run(
  'sh',
  '-c',
  'ip address add 10.78.0.2/24 dev relay; ip address add 10.90.0.1/24 dev far-room; ip link set far-room up; ip route add 10.77.0.0/24 via 10.78.0.1; echo 1 > /proc/sys/net/ipv4/ip_forward',
);

/** Option 82 as it came from the relay and as it went back, in hex. */
const relayInformation: { asked: string[]; answered: string[] } = { asked: [], answered: [] };
const note = (bytes: Buffer, into: string[]): void => {
  const { giaddr, options: list } = decodePacket(bytes);
  if (giaddr !== '0.0.0.0')
    into.push(list.get(options.relayAgentInformation.code)?.toString('hex') ?? 'none');
};
const noting: Sockets = {
  ...ownSockets,
  async udp(place) {
    const socket = await ownSockets.udp(place);
    if (place.port !== 67) return socket;
    socket.on('message', (bytes) => note(bytes, relayInformation.asked));
    const send = socket.send.bind(socket) as (bytes: Buffer, ...rest: unknown[]) => void;
    socket.send = (bytes: Buffer, ...rest: unknown[]) => {
      note(bytes, relayInformation.answered);
      send(bytes, ...rest);
    };
    return socket;
  },
};

const common = {
  domainName: 'lab.example.edu',
  domainSearch: ['lab.example.edu', 'example.edu'],
  ntpServers: ['10.77.0.123'],
};
const { services, leases, lines } = await startServices(
  [
    { name: 'pc-room', dhcp: 'server' },
    { name: 'relay-room', dhcp: 'server' },
  ],
  600,
  {
    scopes: [
      scopeConfig({
        subnet: '10.77.0.0/24',
        pools: [{ first: '10.77.0.60', last: '10.77.0.90' }],
        router: '10.77.0.254',
        nameServers: ['10.77.0.53', '10.77.0.54'],
        options: common,
        // For dhcpcd alone: the npm package dhcp takes routes for a list of addresses, and fails.
        classes: [
          {
            match: { vendorClass: 'dhcpcd' },
            options: {
              classlessRoutes: [
                { to: '0.0.0.0/0', router: '10.77.0.254' },
                { to: '10.90.0.0/24', router: '10.77.0.1' },
              ],
            },
          },
        ],
      }),
      scopeConfig({
        subnet: '10.90.0.0/24',
        pools: [{ first: '10.90.0.40', last: '10.90.0.41' }],
        router: '10.90.0.1',
        options: common,
      }),
    ],
  },
  { socketsOn: () => noting },
);

/** Only its own folder: the machine's stays as it is. */
const hide = async (...folders: string[]): Promise<void> => {
  for (const one of folders) {
    await mkdir(one, { recursive: true });
    await run('mount', '-t', 'tmpfs', 'tmpfs', one);
  }
};

const dhcpcd = async () => {
  await hide('/run', '/var/lib/dhcpcd');
  const { file, read } = await clientScript('dhcpcd');
  const config = path.join(folder, 'dhcpcd.conf');
  const wanted = [
    'domain_name',
    'domain_name_servers',
    'domain_search',
    'ntp_servers',
    'classless_static_routes',
  ];
  await writeFile(config, `clientid\noption ${wanted.join(', ')}\nnoarp\nnoipv4ll\n`);
  await pc.run('dhcpcd', '-4', '-1', '-B', '-t', '30', '-f', config, '-c', file, 'pc');
  return read();
};

/** Sends one DISCOVER and prints the offer; needs an address, and waits for its whole time. */
const nmap = async (): Promise<string> => {
  await pc.run('ip', 'address', 'replace', '10.77.0.9/24', 'dev', 'pc');
  const wait = ['--script-args', 'broadcast-dhcp-discover.timeout=3'];
  return pc.run('nmap', '-n', '--script', 'broadcast-dhcp-discover', '-e', 'pc', ...wait);
};

const npmDhcp = async () => {
  await pc.run('ip', 'route', 'replace', 'default', 'dev', 'pc');
  const client = path.join(import.meta.dirname, 'npm-dhcp-client.ts');
  const said = await pc.run(process.execPath, client, '02-00-00-00-00-07');
  return JSON.parse(said.trim().split('\n').at(-1) ?? '');
};

/** Adds option 82 to what it passes on (-a). */
const startRelay = async () => {
  const args = [
    '-4',
    '-d',
    '-a',
    '-iu',
    'relay',
    '-id',
    'far-room',
    '-pf',
    path.join(folder, 'dhcrelay.pid'),
    '10.78.0.1',
  ];
  const child = spawn('nsenter', ['-t', String(relay.pid), '-n', 'dhcrelay', ...args]);
  for await (const chunk of child.stderr) if (String(chunk).includes('Sending on')) break;
  return child;
};

const first = await dhcpcd();
const discovered = await nmap();
const npm = await npmDhcp();
const dhcrelay = await startRelay();
const relayed = await udhcpc(far, 'far', ['-O', 'search']);
const farScript = await clientScript(
  'far-dhclient',
  'if [ -n "$new_ip_address" ]; then ip address replace $new_ip_address/24 dev $interface; fi',
);
const files = ['-lf', path.join(folder, 'leases'), '-pf', path.join(folder, 'pid'), '-cf', '/dev/null'];
await far.run('dhclient', '-1', '-v', '-sf', farScript.file, ...files, 'far');
const behindRelay = await farScript.read();

await services.close();
dhcrelay.kill();
await once(dhcrelay, 'exit');
leave({
  dhcpcd: first,
  nmap: discovered,
  npm,
  relayed,
  behindRelay,
  relayInformation,
  leases: [...leases.leases.keys()].toSorted(),
  faults: lines.filter(({ level }) => level === 'error').map(({ message }) => message),
});
