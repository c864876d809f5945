import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';
import type { Mac } from '../../core/mac.ts';
import { createSignal } from '../../fleet/signal.ts';
import { LiveBoots, type LiveLimits } from './live-boots.ts';
import type { BootLimits, BootStore, StepSink } from './ports.ts';
import type { Boot, Note, StepKind } from './step.ts';
import { BoundedMap, Whereabouts } from './whereabouts.ts';
import { BootWriter, type WriterLimits } from './writer.ts';

/** The last sign of a PC that began no boot: its system's DHCP. */
export interface Heard {
  at: number;
  kind: StepKind;
  address: string | undefined;
}

export interface JournalLimits {
  live: LiveLimits;
  writer: WriterLimits;
  /** PCs that are remembered though they began no boot, and addresses whose PC is known. */
  heard: number;
  keptMs: number;
  stored: Omit<BootLimits, 'before'>;
}

const hour = 3_600_000;

/** A full store holds about 100 MB of ordinary boots, at most 500 MB of contrived ones. */
export const journalLimits: JournalLimits = {
  live: { boots: 4096, steps: 100_000, first: 150, last: 50, newAtOnce: 4096, newPerSecond: 50 },
  writer: { batch: 100, pauseMs: 250, waiting: 8192 },
  heard: 65_536,
  keptMs: 30 * 24 * hour,
  stored: { perPc: 20, dhcpOnly: 2000, inAll: 20_000 },
};

/** What was seen of each PC's way from power-on to its disk. */
export interface BootJournal extends StepSink {
  /** Milliseconds since 1970: what was before, `heard` does not know. */
  openedAt: number;
  /** The newest boot of a PC with one of these MACs. */
  latest(macs: readonly Mac[]): Promise<Boot | undefined>;
  get(id: string): Promise<Boot | undefined>;
  /** Newest first; of all PCs without `macs`. */
  list(filter: { macs?: readonly Mac[]; limit: number }): Promise<Boot[]>;
  /** The last sign of a PC outside of any boot, since the appliance started. */
  heard(macs: readonly Mac[]): Heard | undefined;
  /** Resolves at the next step of one of these PCs, after `waitMs`, or when `abort` fires. */
  next(macs: readonly Mac[], waitMs: number, abort: AbortSignal): Promise<void>;
  /** Removes from the store what is too old or too much. */
  prune(): Promise<void>;
  /** Writes what is not written yet. */
  close(): Promise<void>;
}

const newest = <Timed>(
  items: readonly (Timed | undefined)[],
  at: (item: Timed) => number,
): Timed | undefined => items.filter((item) => item !== undefined).toSorted((a, b) => at(b) - at(a))[0];

/** A PC's own word; our answer to it tells nothing more of the PC. */
const isFromPc = ({ kind }: Note): boolean => kind === 'discover' || kind === 'request' || kind === 'inform';

/**
 * Opens the journal; boots of the last hour go on where they were. Steps are kept in memory at once and in the store within a second or, when
 * thousands of PCs start together, some seconds: a crash loses those.
 */
export const openBootJournal = async (parts: {
  store: BootStore;
  clock: Clock;
  log: Log;
  limits?: JournalLimits;
  /** The MAC of an address in one of our own networks. */
  macAt?(address: string): string | undefined;
}): Promise<BootJournal> => {
  const { store, clock, log, limits = journalLimits, macAt = () => undefined } = parts;
  const live = new LiveBoots(limits.live);
  const whereabouts = new Whereabouts(limits.heard, macAt);
  const heard = new BoundedMap<Mac, Heard>(limits.heard);
  const writer = new BootWriter(store, log, limits.writer);
  const signal = createSignal();

  const add = (mac: Mac, step: Note, at: number): void => {
    const boot = live.add(mac, step, at);
    if (boot) {
      writer.put(boot);
      signal.notify(mac);
    } else if (isFromPc(step)) heard.set(mac, { at, kind: step.kind, address: step.address });
  };

  const enter = (step: Note, at: number): void => {
    const mac = whereabouts.find(step);
    if (mac === undefined) {
      whereabouts.wait(step, at);
      return;
    }
    for (const earlier of whereabouts.learn(mac, step, at)) add(mac, earlier.step, earlier.at);
    add(mac, step, at);
  };

  const openedAt = clock();
  const unfinished = await store.list({ since: openedAt - hour, limit: limits.live.boots });
  for (const boot of unfinished.toReversed()) {
    live.restore(boot);
    for (const step of boot.steps) whereabouts.learn(boot.mac, step, step.at);
  }

  return {
    openedAt,
    note(step) {
      try {
        enter(step, clock());
      } catch (error) {
        log.error('a step of a boot could not be noted', { kind: step.kind, reason: String(error) });
      }
    },
    async latest(macs) {
      const stored = store.list({ macs, limit: 1 });
      return newest([...macs.map((mac) => live.get(mac)), ...(await stored)], ({ startedAt }) => startedAt);
    },
    async get(id) {
      await writer.flush();
      return store.get(id);
    },
    async list(filter) {
      await writer.flush();
      return store.list(filter);
    },
    heard: (macs) =>
      newest(
        macs.map((mac) => heard.get(mac)),
        ({ at }) => at,
      ),
    next: (macs, waitMs, abort) => {
      const enough = new AbortController();
      const either = AbortSignal.any([abort, enough.signal]);
      return Promise.race(macs.map((mac) => signal.next(mac, waitMs, either))).finally(() => enough.abort());
    },
    async prune() {
      await writer.flush();
      await store.prune({ ...limits.stored, before: clock() - limits.keptMs });
    },
    close: () => writer.stop(),
  };
};
