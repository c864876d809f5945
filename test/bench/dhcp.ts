import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { type Cable, layCable } from './cable.ts';
import { highestRate } from './dhcp/perfdhcp.ts';
import { type Stop, startKea, startOurs } from './dhcp/servers.ts';
import { type Benchmark, median, rounded } from './result.ts';

const project = path.resolve(import.meta.dirname, '../..');
/** Different PCs; all of them find room in the pool. */
const manyClients = 50_000;
const clientsBesideTheHeld = 9_000;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

type Start = (cable: Cable, folder: string) => Promise<Stop>;

interface Contender {
  name: string;
  clients: number;
  start: Start;
  rates: number[];
}

const contender = (name: string, clients: number, start: Start): Contender => ({
  name,
  clients,
  start,
  rates: [],
});

/** Each has a fresh folder, on the disk and not in memory: leases are to be durable. */
const measure = async (one: Contender, cable: Cable, labFolder: string): Promise<void> => {
  const folder = await mkdtemp(path.join(labFolder, 'bench-dhcp-'));
  try {
    const stop = await one.start(cable, folder);
    try {
      const rate = await highestRate(cable, one.clients);
      one.rates.push(rate);
      say(`${one.name}: ${Math.round(rate)} exchanges/s`);
    } finally {
      await stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/**
 * The highest rate of DISCOVER, OFFER, REQUEST, ACK with at most 1 % lost, of 60,000 addresses: ours against Kea, each as it ships; and ours with 50,000
 * leases held against 50. In turn, each from a fresh start. Kea without its log lines is there for honesty. Needs root.
 */
export const run: Benchmark = async ({ quick }) => {
  const cable = await layCable();
  const labFolder = path.join(project, 'data/lab');
  await mkdir(labFolder, { recursive: true });
  const ours = contender('ours', manyClients, (...at) => startOurs(...at, 0));
  const kea = contender('Kea', manyClients, (...at) => startKea(...at, 'INFO'));
  const silentKea = contender('Kea without log lines', manyClients, (...at) => startKea(...at, 'WARN'));
  const few = contender('ours, 50 leases held', clientsBesideTheHeld, (...at) => startOurs(...at, 50));
  const many = contender('ours, 50,000 held', clientsBesideTheHeld, (...at) => startOurs(...at, 50_000));
  for (let round = 0; round < (quick ? 1 : 3); round++)
    for (const one of [ours, kea, silentKea, few, many]) await measure(one, cable, labFolder);
  await cable.cut();
  const rate = ({ rates }: Contender) => median(rates);
  return {
    metrics: {
      dora_vs_kea: rounded(rate(ours) / rate(kea)),
      rate_at_50k_leases: rounded(rate(many) / rate(few)),
      dora_vs_kea_without_log: rounded(rate(ours) / rate(silentKea)),
      dora_per_second_ours: rounded(rate(ours)),
      dora_per_second_kea: rounded(rate(kea)),
      dora_per_second_kea_without_log: rounded(rate(silentKea)),
      dora_per_second_50_held: rounded(rate(few)),
      dora_per_second_50k_held: rounded(rate(many)),
    },
    goals: { dora_vs_kea: '>=1.2', rate_at_50k_leases: '>=0.9' },
  };
};
