import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lease } from '../../../src/boot/ports.ts';
import { silentLog } from '../../../src/core/log.ts';
import { startAppliance } from '../../../src/lab/appliance.ts';
import { spawnBound, stop } from '../../../src/lab/child.ts';
import { run } from '../../../src/lab/program.ts';
import { openStore } from '../../../src/store/open.ts';
import type { Cable } from '../cable.ts';

/** 60,000 addresses. */
const pool = { first: '10.78.1.0', last: '10.78.235.95' };
const subnet = '10.78.0.0/16';
const readyWithinMs = 10_000;

/** Ends the server. */
export type Stop = () => Promise<void>;

/** Leases of clients that perfdhcp does not play, from the pool's beginning, valid for a day. */
const heldLeases = (count: number): Lease[] =>
  Array.from({ length: count }, (_, index) => {
    const number = 256 + index;
    const mac = `02:00:00:00:${[number >> 8, number & 255].map((part) => part.toString(16).padStart(2, '0')).join(':')}`;
    return {
      address: `10.78.${number >> 8}.${number & 255}`,
      clientKey: `mac:${mac}`,
      mac,
      state: 'leased',
      expiresAt: Date.now() + 86_400_000,
    };
  });

/** The real appliance as it ships, SQLite's file on this machine's disk; so many leases are held by others already. */
export const startOurs = async ({ interfaceName }: Cable, folder: string, held: number): Promise<Stop> => {
  const data = path.join(folder, 'data');
  await mkdir(data, { recursive: true });
  const store = await openStore({ database: 'sqlite', folder: data, log: silentLog });
  await store.leases.save(heldLeases(held));
  await store.close();
  const configFile = path.join(folder, 'own.yaml');
  const scope = { subnet, pools: [pool], router: '10.78.0.1' };
  await writeFile(configFile, JSON.stringify({ dhcp: { scopes: [scope] } }));
  const appliance = await startAppliance(
    { bridge: interfaceName },
    { data, images: path.join(folder, 'images'), logFile: path.join(folder, 'appliance.log'), configFile },
  );
  return appliance.stop;
};

/** `INFO` as Kea ships: two lines for each exchange. */
export type KeaSeverity = 'INFO' | 'WARN';

const keaConfiguration = (interfaceName: string, folder: string, severity: KeaSeverity): string =>
  JSON.stringify({
    Dhcp4: {
      'interfaces-config': { interfaces: [interfaceName] },
      'lease-database': {
        type: 'memfile',
        persist: true,
        name: `${folder}/leases.csv`,
        'lfc-interval': 3600,
      },
      'valid-lifetime': 3600,
      'multi-threading': { 'enable-multi-threading': true, 'thread-pool-size': 2 },
      subnet4: [
        {
          subnet,
          pools: [{ pool: `${pool.first} - ${pool.last}` }],
          'option-data': [{ name: 'routers', data: '10.78.0.1' }],
        },
      ],
      loggers: [{ name: 'kea-dhcp4', severity, output_options: [{ output: `${folder}/kea.log` }] }],
    },
  });

const isListening = async (): Promise<boolean> => / \S+:67 /.test(await run('ss', ['-lnu']));

/** Kea with a file of leases that is written to at once (and not flushed to the disk: that is how it ships). */
export const startKea = async (
  { interfaceName }: Cable,
  folder: string,
  severity: KeaSeverity,
): Promise<Stop> => {
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, 'kea.json');
  await writeFile(file, keaConfiguration(interfaceName, folder, severity));
  const kea = spawnBound('kea-dhcp4', ['-c', file], {
    stdio: 'ignore',
    env: { ...process.env, KEA_PIDFILE_DIR: folder, KEA_LOCKFILE_DIR: folder },
  });
  const deadline = Date.now() + readyWithinMs;
  while (!(await isListening())) {
    if (kea.exitCode !== null || Date.now() > deadline)
      throw new Error(`Kea did not start: try kea-dhcp4 -t ${file}`);
    await sleep(50);
  }
  return () => stop(kea, 'SIGTERM');
};
