import { copyFile, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isEnded } from '../../src/fleet/order-states.ts';
import type { Benchmark } from '../bench/result.ts';
import { refuseBadSectors } from './faults/bad-sectors.ts';
import { type FaultRoom, layDisk, openFaultRoom, startAgent } from './faults/fault-room.ts';
import { recordStandings, type Standing } from './faults/moments.ts';
import { goThroughOutage } from './faults/outage.ts';
import { cutCaptures, cutDeploys, type Victim, victims } from './faults/power-cuts.ts';
import { Random } from './fuzz/random.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** So that the next one finds the PC off and without an order; what is needed to understand this one is kept. */
const clearAway = async ({ client, pc, folder }: FaultRoom): Promise<string> => {
  await pc.powerOff();
  for (const { id, state } of await client.listOrders({ query: {} }))
    if (!isEnded(state)) await client.cancelOrder({ params: { id } });
  const kept = await mkdtemp(path.join(tmpdir(), 'greif-faults-'));
  await copyFile(pc.serialLog, path.join(kept, 'serial.log'));
  await copyFile(path.join(folder, 'appliance.log'), path.join(kept, 'appliance.log'));
  return kept;
};

/** The way of an order that nobody disturbs, whose moments are drawn from. */
const undisturbed = async (room: FaultRoom, kind: 'deploy' | 'capture'): Promise<Standing[]> => {
  const { client, pc, machine, image, sourceFile } = room;
  const name = 'undisturbed';
  // For a deploy the PC as it has just registered itself will do.
  if (kind === 'capture') await layDisk(pc, sourceFile);
  const body = kind === 'capture' ? { kind, image: name } : { image };
  const { id } = await client.fileOrder({ body: { machine: machine.id, ...body } });
  if (kind === 'capture') await startAgent(room, pc);
  const standings = await recordStandings(client, id);
  await pc.off();
  if (kind === 'capture') await client.removeImage({ params: { image: name } });
  return standings;
};

/** So many power cuts come before an order may go through. */
const cutsInSeries = 4;

/**
 * The power fails at random moments of a deploy and of a capture, for the PC, the appliance or both; the network goes away; disks have bad sectors. Nothing
 * may be lost or falsely complete. Real PCs in QEMU; needs root. `--points N` moments of each kind, `--seed N` others, `--only PART`.
 */
export const run: Benchmark = async ({ quick, seed = 1, points = quick ? 2 : 20, only }) => {
  await using releases = new AsyncDisposableStack();
  const room = await openFaultRoom((release) => releases.defer(release), seed);
  const metrics: Record<string, number> = { seed, faults: 0 };
  const goals: Record<string, string> = { faults: '<=0' };
  const count = (metric: string): void => {
    metrics[metric] = (metrics[metric] ?? 0) + 1;
  };
  const attempt = async (what: string, work: (tell: (seen: string) => void) => Promise<void>) => {
    const start = performance.now();
    const tell = (seen: string): void =>
      say(`${what}, ${Math.round((performance.now() - start) / 1000)} s: ${seen}`);
    try {
      await work(tell);
      tell('all is well');
    } catch (error) {
      count('faults');
      tell(`FAULT: ${(error as Error).stack}\nlogs: ${await clearAway(room)}`);
    }
  };

  const cuts = async (kind: 'deploy' | 'capture', course: typeof cutDeploys): Promise<void> => {
    const standings = await undisturbed(room, kind);
    goals[`${kind}_cuts`] = `>=${points}`;
    for (let done = 0; done < points; done += cutsInSeries) {
      const number = 1000 * seed + done;
      const numbers = Array.from(
        { length: Math.min(cutsInSeries, points - done) },
        (_, index) => done + index,
      );
      await attempt(`${kind} ${done + 1} to ${done + numbers.length}`, (tell) =>
        course(room, {
          victims: numbers.map((index) => victims[index % victims.length] as Victim),
          standings,
          random: new Random(number),
          number,
          tell(cut) {
            count(`${kind}_cuts`);
            tell(cut);
          },
        }),
      );
    }
  };
  const parts: Record<string, () => Promise<void>> = {
    deploys: () => cuts('deploy', cutDeploys),
    captures: () => cuts('capture', cutCaptures),
    async outages() {
      goals['outages'] = '>=2';
      for (const whose of ['PC', 'appliance'] as const)
        await attempt(`the network of the ${whose} goes away`, async (tell) => {
          tell(await goThroughOutage(room, whose));
          count('outages');
        });
    },
    async sectors() {
      goals['bad_sectors'] = '>=3';
      await attempt('bad sectors', async (tell) => {
        for (const refusal of await refuseBadSectors(room, seed)) {
          tell(refusal);
          count('bad_sectors');
        }
      });
    },
  };
  for (const [name, part] of Object.entries(parts)) if (only === undefined || only === name) await part();
  return { metrics, goals };
};
