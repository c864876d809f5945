/**
 * The boot journal on a PC that boots as firmware, iPXE and agent do it, on two that do not, and on one whose DHCP is not ours: real clients, one
 * cable each.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { createBootHttp } from '../../../src/boot/http/handler.ts';
import { journaled } from '../../../src/boot/http/journaled.ts';
import { diagnose } from '../../../src/boot/journal/diagnose.ts';
import { openBootJournal } from '../../../src/boot/journal/journal.ts';
import { journaledDesk } from '../../../src/boot/journal/journaled-desk.ts';
import type { StepKind } from '../../../src/boot/journal/step.ts';
import type { Place } from '../../../src/boot/network/descriptor.ts';
import { createNeighbourLookup } from '../../../src/boot/network/neighbours.ts';
import type { Sockets } from '../../../src/boot/network/sockets.ts';
import { silentLog } from '../../../src/core/log.ts';
import { macOf } from '../../../src/core/mac.ts';
import { memoryBoots } from '../journal/samples.ts';
import { udhcpc } from './dhcp-clients.ts';
import { connectHost, folder, type Host, ip, leave, startServices } from './network.ts';

const boot = path.join(folder, 'boot');
for (const [file, bytes] of [
  ['loaders/shimx64.efi', 5000],
  ['agent/root.squashfs', 70_000],
] as const) {
  await mkdir(path.dirname(path.join(boot, file)), { recursive: true });
  await writeFile(path.join(boot, file), Buffer.alloc(bytes, 7));
}

const [good, blocked, odd] = [
  await connectHost('good'),
  await connectHost('blocked'),
  await connectHost('odd'),
];
await ip('link set lo up');
const foreign = await connectHost('foreign');
const faces = ['good', 'blocked', 'odd', 'foreign'].map((name) => `${name}-room`);
for (const [index, face] of faces.entries()) await ip(`address add 10.7${index}.0.1/24 dev ${face}`);

const journal = await openBootJournal({
  store: memoryBoots(),
  clock: Date.now,
  log: silentLog,
  macAt: createNeighbourLookup(Date.now),
});
const planned = { bootId: 'b', token: 't', plan: { kind: 'discover' as const } };
const desk = journaledDesk({ plan: async () => planned }, journal);
const serveHttp = async (place: Place, sockets: Sockets) => {
  const serverUrl = `http://${place.address}:${place.port}`;
  const files = createBootHttp({ desk, bootFolder: boot, serverUrl, kernelArguments: '', log: silentLog });
  const listener = journaled(files, journal);
  const server = createServer((request, response) => void listener(request, response));
  await sockets.tcp(place, server);
  return {
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
const { services } = await startServices(
  faces.map((name) => ({ name, dhcp: name === 'foreign-room' ? ('off' as const) : ('server' as const) })),
  600,
  {},
  { journal, desk, bootFolder: boot, serveHttp },
);

const keepAddress = 'if [ -n "$ip" ]; then ip address replace $ip/24 dev $interface; fi';
/** Patient: a request that is repeated is a step more. */
const lease = (host: Host, face: string, ...args: string[]) =>
  udhcpc(host, face, [...args, '-T', '20'], keepAddress);
/** Vendor class and option 93, as firmware sends them; iPXE adds its user class. */
const firmware = (arch: string) => ['-V', `PXEClient:Arch:0${arch}:UNDI:003016`, '-x', `0x5d:${arch}`];
const macAt = async (host: Host, face: string) =>
  /link\/ether (\S+)/.exec(await host.run('ip', 'link', 'show', face))?.[1] ?? '';
const fetchBy = (host: Host, url: string) =>
  host.run('curl', '-sfm', '5', '-o', '/dev/null', url).catch(() => 'failed');

/** Resolves when the newest step of the PC is this: the last acknowledgement may come after the client has gone on. */
const noted = async (host: Host, face: string, kind: StepKind): Promise<void> => {
  const mac = macOf(await macAt(host, face));
  const { signal } = new AbortController();
  for (;;) {
    const change = mac && journal.next([mac], 60_000, signal);
    if (mac && (await journal.latest([mac]))?.steps.at(-1)?.kind === kind) return;
    await change;
  }
};

const mac = await macAt(good, 'good');
await lease(good, 'good', ...firmware('0007'));
await fetchBy(good, 'tftp://10.70.0.1/loaders/shimx64.efi');
await noted(good, 'good', 'tftp-sent');
await fetchBy(good, 'tftp://10.70.0.1/loaders/revocations_sku.efi');
await lease(good, 'good', ...firmware('0007'), '-x', '0x4d:69505845');
await fetchBy(good, `http://10.70.0.1:8080/boot/ipxe?mac=${mac}&arch=uefi-x64`);
await fetchBy(good, 'http://10.70.0.1:8080/boot/files/agent/root.squashfs');
await noted(good, 'good', 'http-sent');
await lease(good, 'good');
journal.note({ kind: 'check-in', stage: 'agent', bootId: 'b' });

await lease(blocked, 'blocked', ...firmware('0007'));
await blocked.run('ip', 'rule', 'add', 'pref', '5', 'ipproto', 'udp', 'dport', '69', 'blackhole');
const refused = await fetchBy(blocked, 'tftp://10.71.0.1/loaders/shimx64.efi');

await lease(odd, 'odd', ...firmware('0021'));

await foreign.run('ip', 'address', 'add', '10.73.0.9/24', 'dev', 'foreign');
await fetchBy(foreign, 'tftp://10.73.0.1/loaders/shimx64.efi');
await noted(foreign, 'foreign', 'tftp-sent');

const later = Date.now() + 30_000;
const trace = async (host: Host, face: string) => {
  const found = macOf(await macAt(host, face));
  const { steps } = (found && (await journal.latest([found]))) ?? { steps: [] };
  const lines = steps.map(({ kind, stage = '', file = '', sizeBytes = '' }) =>
    [kind, stage, file.replace(/\?.*/, ''), sizeBytes].join(' ').trim(),
  );
  const { code, seen } = diagnose(steps, later);
  return { lines, code, seen, ours: steps.every(({ address }) => address?.startsWith('10.7') ?? true) };
};
await services.close();
const result = {
  refused,
  good: await trace(good, 'good'),
  blocked: await trace(blocked, 'blocked'),
  odd: await trace(odd, 'odd'),
  foreign: await trace(foreign, 'foreign'),
};
await journal.close();
leave(result);
