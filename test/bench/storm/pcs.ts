/** A program of its own on the clients' side: many PCs are switched on. Its argument is a `Storm` as JSON, its output a `PcRun[]`. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fetchBoot } from './fetch-http.ts';
import { fetchTftp } from './fetch-tftp.ts';
import { DhcpPort, getLease } from './lease.ts';

export interface Storm {
  pcs: number;
  /** They are switched on evenly within this time. */
  withinSeconds: number;
  /** So that no PC is one of an earlier storm. */
  firstNumber: number;
  httpPort: number;
  loaderFile: string;
  kernelFile: string;
}

export interface PcRun {
  /** From power-on to the end of each step, in seconds. */
  leased: number;
  loaded: number;
  scripted: number;
  booted: number;
  failure?: string;
}

const storm = JSON.parse(process.argv[2] ?? '') as Storm;
const loader = readFileSync(storm.loaderFile);
const kernel = readFileSync(storm.kernelFile);

const macOf = (number: number): Buffer => {
  const mac = Buffer.from([0x52, 0x54, 0, 0, 0, 0]);
  mac.writeUIntBE(number, 3, 3);
  return mac;
};

const bootPc = async (port: DhcpPort, number: number): Promise<PcRun> => {
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  const run: PcRun = { leased: Number.NaN, loaded: Number.NaN, scripted: Number.NaN, booted: Number.NaN };
  const mac = macOf(number);
  try {
    const lease = await getLease(port, mac, number);
    run.leased = seconds();
    await fetchTftp(lease, loader);
    run.loaded = seconds();
    const scriptUrl = `http://${lease.server}:${storm.httpPort}/boot/ipxe?mac=${mac.toString('hex')}&arch=bios`;
    await fetchBoot({ address: lease.address, scriptUrl }, kernel, () => {
      run.scripted = seconds();
    });
    run.booted = seconds();
  } catch (fault) {
    run.failure = fault instanceof Error ? fault.message || fault.name : String(fault);
  }
  return run;
};

const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 });
socket.bind(68);
await once(socket, 'listening');
socket.setBroadcast(true);
const port = new DhcpPort(socket);

const start = performance.now();
const runs = await Promise.all(
  Array.from({ length: storm.pcs }, async (_, index) => {
    await sleep(Math.max(0, (index / storm.pcs) * storm.withinSeconds * 1000 - (performance.now() - start)));
    return bootPc(port, storm.firstNumber + index);
  }),
);
process.stdout.write(JSON.stringify(runs));
socket.close();
