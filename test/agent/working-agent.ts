import type { ExecutionContext } from 'ava';
import { createAgentLog } from '../../src/agent/agent-log.ts';
import { connectAppliance } from '../../src/agent/appliance.ts';
import { startPackPool } from '../../src/agent/capture/pack-pool.ts';
import { startDiskThreads } from '../../src/agent/disk/disk-threads.ts';
import { type DutyOptions, serveOrders } from '../../src/agent/duty.ts';
import { run } from '../../src/agent/programs.ts';
import { mountWith } from '../../src/agent/system/mount.ts';
import { httpChunks } from '../../src/delivery/http-chunks.ts';
import type { Disk, Inventory } from '../../src/fleet/inventory.ts';
import type { OrderKind } from '../../src/fleet/order-states.ts';
import { sampleKey } from '../image/sample-key.ts';
import type { FakeAppliance } from './fake-appliance.ts';
import type { LoopDisk } from './loop-disk.ts';

export const diskOf = ({ path, sizeBytes }: LoopDisk, more: Partial<Disk> = {}): Disk => ({
  path,
  id: 'serial:LOOP1',
  serial: 'LOOP1',
  sizeBytes,
  logicalSectorBytes: 512,
  rotational: false,
  removable: false,
  readOnly: false,
  transport: 'virtio',
  ...more,
});

const inventoryWith = (disks: Disk[]): Inventory => ({
  firmware: 'bios',
  secureBoot: null,
  smbios: {},
  cpu: { model: 'test', cores: 1, threads: 1 },
  memoryBytes: 2 ** 30,
  disks,
  nics: [{ name: 'eth0', mac: '52:54:00:00:00:01', linkUp: true }],
});

export interface WorkingAgent {
  /** Settles when the agent is done: an order completed, one that the PC must restart for, or a failure that no retry mends. */
  ended: Promise<OrderKind | 'restart'>;
  lines: string[];
  /** Resolves at the first log line that matches, one that was there before included. */
  said(pattern: RegExp): Promise<string>;
}

/** The whole agent but for screen and reboot, on these disks, against that appliance. Stopped when the test ends. */
export const startAgent = (
  t: ExecutionContext,
  appliance: Pick<FakeAppliance, 'url'> & { token?: string },
  disks: Disk[],
  tools: Partial<DutyOptions['tools']> = {},
  powerCut: AbortSignal = new AbortController().signal,
): WorkingAgent => {
  const lines: string[] = [];
  const listeners = new Set<(line: string) => void>();
  const log = createAgentLog((line) => {
    lines.push(line);
    for (const listener of listeners) listener(line);
  });
  const stop = new AbortController();
  const ended = serveOrders({
    appliance: connectAppliance(appliance.url),
    checkIn: {
      token: appliance.token ?? 'token',
      agentBootId: 'boot-0001',
      agentVersion: 'test',
      inventory: inventoryWith(disks),
    },
    tools: {
      publicKey: sampleKey.publicKey,
      firmware: 'bios',
      disks: () => disks,
      connectChunks: (signal) =>
        httpChunks({ baseUrl: appliance.url, signal, retry: () => 20, stallMilliseconds: 5000 }),
      startPackPool: () => startPackPool(2),
      startDiskThreads: () => startDiskThreads(2),
      run,
      withMount: mountWith(run),
      ...tools,
    },
    view: { registered() {}, waiting() {}, working() {}, failed() {}, completed() {}, restarting() {} },
    log,
    signal: AbortSignal.any([stop.signal, powerCut]),
    retryPauseMs: () => 20,
  });
  t.teardown(async () => {
    stop.abort(new Error('the test is over'));
    await ended.catch(() => {});
  });
  ended.catch(() => {});
  const said = (pattern: RegExp): Promise<string> =>
    new Promise((resolve) => {
      const listener = (line: string): void => {
        if (pattern.test(line)) resolve(line);
      };
      listeners.add(listener);
      for (const line of lines) listener(line);
    });
  return { ended, lines, said };
};
