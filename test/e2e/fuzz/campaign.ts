import { heapBytes, openFiles } from './heap.ts';
import { type Mutation, mutated } from './mutate.ts';
import { Random } from './random.ts';

/** A service that is fuzzed. */
export interface Target {
  corpus: readonly Buffer[];
  mutations: readonly Mutation[];
  /** Hands a datagram to the service. */
  deliver(packet: Buffer): void;
  /** Whether the service gives its right answer to a sound request. Resolves after everything delivered before has been dealt with. */
  answers(): Promise<boolean>;
  /** What went wrong inside since the last call: errors in the log. */
  faults(): string[];
  /** How many replies or transfers there were so far: fuzzing that never gets past the first check would find nothing. */
  replies(): number;
}

export interface Outcome {
  packets: number;
  /** The packets of the batch in which something went wrong, in hex. */
  faults: { reasons: string[]; packets: string[] }[];
  /** How often the service did not answer a sound request in between. */
  unanswered: number;
  replies: number;
  /** From a tenth of the packets to the last. */
  heapGrowthBytes: number;
  openFilesGrowth: number;
  seconds: number;
}

export interface Plan {
  packets: number;
  seed: number;
  /** After so many the service must answer. */
  batch: number;
}

/** What escapes all handlers counts as a fault of the batch, not as the end of the run. */
const escaped = (): { drain(): string[]; stop(): void } => {
  const reasons: string[] = [];
  const note = (fault: unknown) =>
    void reasons.push(fault instanceof Error ? (fault.stack ?? '') : String(fault));
  process.on('uncaughtException', note);
  process.on('unhandledRejection', note);
  return {
    drain: () => reasons.splice(0),
    stop() {
      process.off('uncaughtException', note);
      process.off('unhandledRejection', note);
    },
  };
};

/** Delivers `count` mutated packets, asks whether the service answers, and notes what went wrong. */
const runBatch = async (
  target: Target,
  count: number,
  random: Random,
  escapes: { drain(): string[] },
  outcome: Outcome,
): Promise<void> => {
  const sent = Array.from({ length: count }, () => {
    const packet = mutated(random, target.corpus, target.mutations);
    target.deliver(packet);
    return packet;
  });
  outcome.packets += count;
  if (!(await target.answers())) outcome.unanswered += 1;
  const reasons = [...target.faults(), ...escapes.drain()];
  if (reasons.length > 0)
    outcome.faults.push({ reasons, packets: sent.map((packet) => packet.toString('hex')) });
};

/** A service that is down answers nothing any more: that is known by then. */
const isHopeless = ({ unanswered, faults }: Outcome): boolean => unanswered > 10 || faults.length > 10;

/** Delivers mutated packets, the same for the same seed, in batches; after each the service must still answer. */
export const runCampaign = async (target: Target, { packets, seed, batch }: Plan): Promise<Outcome> => {
  const random = new Random(seed);
  const escapes = escaped();
  const outcome: Outcome = {
    packets: 0,
    faults: [],
    unanswered: 0,
    replies: 0,
    heapGrowthBytes: 0,
    openFilesGrowth: -openFiles(),
    seconds: 0,
  };
  const start = performance.now();
  let warmHeap: number | undefined;
  try {
    // The corpus itself first, golden packets among it.
    for (const packet of target.corpus) target.deliver(packet);
    while (outcome.packets < packets && !isHopeless(outcome)) {
      await runBatch(target, Math.min(batch, packets - outcome.packets), random, escapes, outcome);
      if (warmHeap === undefined && outcome.packets >= packets / 10) warmHeap = await heapBytes();
    }
  } finally {
    escapes.stop();
  }
  outcome.seconds = (performance.now() - start) / 1000;
  outcome.replies = target.replies();
  outcome.openFilesGrowth += openFiles();
  outcome.heapGrowthBytes = (await heapBytes()) - (warmHeap ?? 0);
  return outcome;
};
