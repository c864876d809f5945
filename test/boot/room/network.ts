/** What the programs in a room need: links, further hosts, and boot services that say what they do. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { promisify } from 'node:util';
import { LeaseLedger } from '../../../src/boot/dhcp/lease-ledger.ts';
import type { DhcpConfig } from '../../../src/boot/dhcp/scope-schema.ts';
import { noJournal } from '../../../src/boot/journal/ports.ts';
import type { Place } from '../../../src/boot/network/descriptor.ts';
import { ownSockets } from '../../../src/boot/network/sockets.ts';
import {
  type BootInterface,
  type BootServices,
  type BootServicesOptions,
  startBootServices,
} from '../../../src/boot/services.ts';
import type { Service } from '../../../src/core/start-all.ts';
import { memoryLeases } from '../samples.ts';
import { type ReadableLog, readableLog } from './readable-log.ts';

const exec = promisify(execFile);

/** Runs a program to its end; throws with its output when it fails. */
export const run = async (command: string, ...args: string[]): Promise<string> => {
  const { stdout, stderr } = await exec(command, args);
  return stdout + stderr;
};

export const ip = (line: string): Promise<string> => run('ip', ...line.split(' '));

export interface Host {
  /** The process whose network namespace it is. */
  pid: number;
  run(command: string, ...args: string[]): Promise<string>;
}

/** The cable `<name>-room` to `<name>`; switched on at both ends. */
export const connectCable = async (name: string, host: Host): Promise<void> => {
  await ip(`link add ${name}-room type veth peer name ${name}`);
  await ip(`link set ${name} netns ${host.pid}`);
  await ip(`link set ${name}-room up`);
  await host.run('ip', 'link', 'set', name, 'up');
};

/** A host in a network namespace of its own, with one end of a cable; the other end, `<name>-room`, is ours. */
export const connectHost = async (name: string): Promise<Host> => {
  const holder = spawn('unshare', ['--net', 'sh', '-c', 'echo ready; exec sleep infinity']);
  await once(holder.stdout, 'data');
  const pid = holder.pid ?? 0;
  const host: Host = {
    pid,
    run: (command, ...args) => run('nsenter', '-t', String(pid), '-n', command, ...args),
  };
  await host.run('ip', 'link', 'set', 'lo', 'up');
  await connectCable(name, host);
  return host;
};

/** Where the program may write. */
export const folder = process.argv[2] ?? '';

/** HTTP that answers with the address that it was asked at. */
const serveOwnAddress = async (place: Place): Promise<Service> => {
  const server = createServer((_request, response) => response.end(place.address));
  await ownSockets.tcp(place, server);
  return {
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

/** Boot services on the standard ports, with leases in memory. */
export const startServices = async (
  interfaces: BootInterface[],
  leaseSeconds: number,
  dhcp: Partial<DhcpConfig> = {},
  more: Partial<BootServicesOptions> = {},
): Promise<{ services: BootServices; leases: ReturnType<typeof memoryLeases> } & ReadableLog> => {
  const leases = memoryLeases();
  const readable = readableLog();
  const { log } = readable;
  const services = await startBootServices({
    interfaces,
    ports: { dhcp: 67, proxyDhcp: 4011, tftp: 69 },
    httpPort: 8080,
    socketsOn: () => ownSockets,
    serveHttp: serveOwnAddress,
    attendEveryMs: 20,
    bootFolder: '/nonexistent',
    journal: noJournal,
    desk: { plan: async () => ({ bootId: 'b', token: 't', plan: { kind: 'discover' } }) },
    ledger: await LeaseLedger.open(leases, Date.now),
    dhcp: { leaseSeconds, probeMilliseconds: 0, options: new Map(), classes: [], scopes: [], ...dhcp },
    uefiLoader: 'shim',
    loaderOf: () => undefined,
    kernelArguments: '',
    log,
    clock: Date.now,
    ...more,
  });
  return { services, leases, ...readable };
};

/** Environment lines as an object: what DHCP clients hand to their scripts. */
export const environment = (text: string): Record<string, string> =>
  Object.fromEntries(
    text.split('\n').flatMap((line) => {
      const at = line.indexOf('=');
      return at > 0 ? [[line.slice(0, at), line.slice(at + 1)]] : [];
    }),
  );

/** The result for `enterRoom`; ends the program and with it the room. */
export const leave = (result: unknown): never => {
  process.stdout.write(`${JSON.stringify(result)}\n`);
  process.exit();
};
