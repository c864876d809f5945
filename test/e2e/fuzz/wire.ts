/**
 * The boot services in a room, fuzzed by a PC at the other end of a cable (wire-client.ts). Arguments: a folder, the service, the packets, the
 * seed. The last line is the outcome as JSON: what the PC saw, and what happened to the services meanwhile.
 */
import path from 'node:path';
import { ownSockets, type Sockets } from '../../../src/boot/network/sockets.ts';
import { connectHost, folder, ip, leave, startServices } from '../../boot/room/network.ts';
import { scopeConfig } from '../../boot/samples.ts';
import { makeBootFolder } from './boot-file.ts';
import type { Outcome } from './campaign.ts';
import { soundMac } from './dhcp-target.ts';
import { heapBytes, openFiles } from './heap.ts';
import type { Service } from './in-process.ts';
import { errorLog, fastClock } from './services.ts';
import { clientAddresses, face, serverAddress, wireReserved } from './wire-network.ts';

const [service = 'dhcp', packets = '', seed = ''] = process.argv.slice(3) as [Service, string, string];

/** Counts what reaches the services on their own ports. */
let received = 0;
const counting: Sockets = {
  ...ownSockets,
  async udp(place) {
    const socket = await ownSockets.udp(place);
    if (place.port > 0)
      socket.on('message', () => {
        received += 1;
      });
    return socket;
  },
};

const scope = scopeConfig({
  subnet: '10.77.0.0/24',
  pools: [{ first: '10.77.0.10', last: '10.77.0.90' }],
  reservations: [{ mac: soundMac, address: wireReserved }],
});

const pc = await connectHost(face);
await ip('link set lo up');
await ip(`address add ${serverAddress}/24 dev ${face}-room`);
for (const address of clientAddresses) await pc.run('ip', 'address', 'add', `${address}/24`, 'dev', face);
await makeBootFolder(folder);
const { log, faults } = errorLog();
const mode = service === 'proxy' ? 'proxy' : 'server';
await startServices(
  [{ name: `${face}-room`, dhcp: mode }],
  600,
  { scopes: [scope] },
  {
    bootFolder: folder,
    socketsOn: () => counting,
    log,
    clock: fastClock(),
  },
);

const client = path.join(import.meta.dirname, 'wire-client.ts');
const fuzz = async (count: string): Promise<Outcome> =>
  JSON.parse((await pc.run(process.execPath, client, service, count, seed)).trim().split('\n').at(-1) ?? '');

// A fifth more beforehand: what the run-time compiles and allocates for itself is no leak.
await fuzz(String(Math.ceil(Number(packets) / 5)));
const [heap, files] = [await heapBytes(), openFiles()];
received = 0;
const seen = await fuzz(packets);
leave({
  ...seen,
  received,
  faults: [...seen.faults, ...faults().map((reason) => ({ reasons: [reason], packets: [] }))],
  heapGrowthBytes: (await heapBytes()) - heap,
  openFilesGrowth: openFiles() - files,
});
