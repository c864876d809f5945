import type { BootStore } from '../../../src/boot/journal/ports.ts';
import type { Boot, Step, StepFacts } from '../../../src/boot/journal/step.ts';
import { newId } from '../../../src/core/ids.ts';
import { type Mac, parseMac } from '../../../src/core/mac.ts';

export const start = Date.UTC(2026, 2, 1, 8);
export const pcMac = (number: number): Mac => parseMac(number.toString(16).padStart(12, '0'));

/** Facts with the seconds since power-on at which they happened. */
export type Timed = [seconds: number, facts: StepFacts];

export const stepsOf = (...timed: Timed[]): Step[] =>
  timed.map(([seconds, facts], index) => ({ n: index + 1, at: start + 1000 * seconds, ...facts }));

export const bootOf = (mac: Mac, startedAt: number, ...timed: Timed[]): Boot => {
  const steps = stepsOf(...timed).map((step) => ({ ...step, at: step.at - start + startedAt }));
  return { id: newId(), mac, startedAt, lastAt: steps.at(-1)?.at ?? startedAt, steps, omitted: 0 };
};

/** Boots that last as long as the test; `saves` tells how many came in each write. */
export const memoryBoots = (): BootStore & { boots: Map<string, Boot>; saves: number[] } => {
  const boots = new Map<string, Boot>();
  const saves: number[] = [];
  return {
    boots,
    saves,
    async save(list) {
      saves.push(list.length);
      for (const boot of list) boots.set(boot.id, structuredClone(boot));
    },
    get: async (id) => boots.get(id),
    list: async ({ macs, since = 0, limit }) =>
      [...boots.values()]
        .filter(({ mac, lastAt }) => (!macs || macs.includes(mac)) && lastAt >= since)
        .toSorted((a, b) => b.startedAt - a.startedAt)
        .slice(0, limit),
    async prune() {},
  };
};
