import { LeaseLedger } from '../../../src/boot/dhcp/lease-ledger.ts';
import { noJournal } from '../../../src/boot/journal/ports.ts';
import { startBootServices } from '../../../src/boot/services.ts';
import type { Log } from '../../../src/core/log.ts';
import type { Service } from '../../../src/core/start-all.ts';
import { memoryLeases, scopeConfig } from '../../boot/samples.ts';
import { soundMac } from './dhcp-target.ts';
import { paperSockets } from './paper-sockets.ts';

export const ports = { dhcp: 67, proxyDhcp: 4011, tftp: 69 };

/** The network of the loopback interface: it is everywhere, and has an address. */
export const network = { server: '127.0.0.1', inPool: '127.0.1.20', outside: '10.0.0.9' };
/** The sound client's. */
export const reserved = '127.0.2.1';

const scopes = [
  scopeConfig({
    subnet: '127.0.0.0/8',
    pools: [{ first: '127.0.1.1', last: '127.0.1.200' }],
    router: '127.0.0.254',
    nameServers: ['127.0.0.53'],
    reservations: [{ mac: soundMac, address: reserved }],
    classes: [{ match: { userClass: 'lab' }, options: { domainName: 'lab.example.edu' } }],
    options: {
      domainSearch: Array.from({ length: 12 }, (_, index) => `room-${index}.lab.example.edu`),
      classlessRoutes: [{ to: '10.0.0.0/8', router: '127.0.0.254' }],
    },
  }),
];

/** Keeps nothing but errors, and the text of the last. */
export const errorLog = (): { log: Log; faults(): string[] } => {
  const faults: string[] = [];
  const error = (message: string, fields: object = {}): void =>
    void faults.push(`${message} ${JSON.stringify(fields)}`);
  const ignore = (): void => {};
  const log: Log = { debug: ignore, info: ignore, warn: ignore, error, child: () => log };
  return { log, faults: () => faults.splice(0) };
};

/** Goes a second a request: leases end, and are given again, in the course of a run. */
export const fastClock = () => {
  let now = Date.now();
  return () => {
    now += 1000;
    return now;
  };
};

/** All boot services of an interface over paper. */
export const startFuzzed = async (dhcp: 'server' | 'proxy', bootFolder: string) => {
  const net = paperSockets(ports.tftp);
  const { log, faults } = errorLog();
  const clock = fastClock();
  const services: Service = await startBootServices({
    interfaces: [{ name: 'lo', dhcp }],
    ports,
    httpPort: 8080,
    socketsOn: () => net.sockets,
    serveHttp: async () => ({ close: async () => {} }),
    bootFolder,
    journal: noJournal,
    desk: { plan: async () => ({ bootId: 'b', token: 't', plan: { kind: 'discover' } }) },
    ledger: await LeaseLedger.open(memoryLeases(), clock),
    dhcp: { leaseSeconds: 600, probeMilliseconds: 0, options: new Map(), classes: [], scopes },
    uefiLoader: 'shim',
    loaderOf: () => undefined,
    kernelArguments: '',
    log,
    clock,
  });
  return { services, net, faults };
};
