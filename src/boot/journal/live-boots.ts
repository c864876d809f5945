import { newId } from '../../core/ids.ts';
import type { Mac } from '../../core/mac.ts';
import { belongsTo, mayBegin } from './belongs.ts';
import { type Boot, hasFetched, type Note, type Step, type StepFacts } from './step.ts';

export interface LiveLimits {
  /** Boots held in memory, and their steps in all. */
  boots: number;
  steps: number;
  /** Steps kept of one boot: so many from its beginning and so many from its end. */
  first: number;
  last: number;
  /** New MACs: so many at once, then so many a second. A forger must not push real PCs out. */
  newAtOnce: number;
  newPerSecond: number;
}

/** A text from the wire is cut here; firmware's own names are far shorter. */
const longestText = 200;

const shortened = <Facts extends StepFacts>(facts: Facts): Facts => {
  const { file = '', reason = '' } = facts;
  if (file.length <= longestText && reason.length <= longestText) return facts;
  return {
    ...facts,
    file: file.slice(0, longestText) || undefined,
    reason: reason.slice(0, longestText) || undefined,
  };
};

/** A DHCP client without PXE is our agent's when the boot plan was the agent. */
const withStage = <Facts extends StepFacts>(facts: Facts, steps: readonly Step[]): Facts => {
  if (facts.stage !== 'system') return facts;
  const plan = steps.findLast(({ kind }) => kind === 'plan')?.plan;
  return plan === undefined || plan === 'local-disk' ? facts : { ...facts, stage: 'agent' };
};

/** The newest boot of each PC that was heard lately, in memory and of bounded size. */
export class LiveBoots {
  /** The one that was silent for longest comes first. */
  readonly #byMac = new Map<Mac, Boot>();
  readonly #limits: LiveLimits;
  #steps = 0;
  #allowance: number;
  #allowedAt = 0;

  constructor(limits: LiveLimits) {
    this.#limits = limits;
    this.#allowance = limits.newAtOnce;
  }

  get(mac: Mac): Boot | undefined {
    return this.#byMac.get(mac);
  }

  /** Takes back what was stored before a restart of the appliance. */
  restore(boot: Boot): void {
    this.#hold(boot);
  }

  /** Adds the step to the PC's boot or begins a new one; `undefined` when it belongs to no boot or there are too many new PCs. */
  add(mac: Mac, note: Note, at: number): Boot | undefined {
    const present = this.#byMac.get(mac);
    const boot = present && belongsTo(present, note, at) ? present : this.#begin(mac, note, at, present);
    if (!boot) return undefined;
    const { mac: _mac, ...facts } = note;
    this.#drop(boot);
    this.#append(boot, facts, at);
    this.#hold(boot);
    return boot;
  }

  #begin(mac: Mac, facts: StepFacts, at: number, before: Boot | undefined): Boot | undefined {
    if (!mayBegin(facts) || !(before || this.#admits(at))) return undefined;
    return { id: newId(), mac, startedAt: at, lastAt: at, steps: [], omitted: 0 };
  }

  #admits(at: number): boolean {
    const { newAtOnce, newPerSecond } = this.#limits;
    const earned = (Math.max(0, at - this.#allowedAt) / 1000) * newPerSecond;
    this.#allowance = Math.min(newAtOnce, this.#allowance + earned);
    this.#allowedAt = at;
    if (this.#allowance < 1) return false;
    this.#allowance -= 1;
    return true;
  }

  #append(boot: Boot, facts: StepFacts, at: number): void {
    const { steps } = boot;
    const { first, last } = this.#limits;
    const step: Step = { n: steps.length + boot.omitted + 1, at, ...withStage(shortened(facts), steps) };
    steps.push(step);
    boot.lastAt = at;
    if (steps.length <= first + last) return;
    steps.splice(first, 1);
    boot.omitted += 1;
  }

  #drop(boot: Boot): void {
    const present = this.#byMac.get(boot.mac);
    if (!present) return;
    this.#byMac.delete(boot.mac);
    this.#steps -= present.steps.length;
  }

  #hold(boot: Boot): void {
    this.#drop(boot);
    this.#byMac.set(boot.mac, boot);
    this.#steps += boot.steps.length;
    while (this.#byMac.size > this.#limits.boots || this.#steps > this.#limits.steps) {
      const victim = this.#victim();
      if (!victim || victim === boot) return;
      this.#drop(victim);
    }
  }

  /** Among the ones silent for longest, rather one that only asked for an address. */
  #victim(): Boot | undefined {
    const oldest = this.#byMac.values().take(16).toArray();
    return oldest.find((boot) => !hasFetched(boot)) ?? oldest[0];
  }
}
