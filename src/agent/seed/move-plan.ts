import type { Extent } from '../../image/disk/extents.ts';

/** A chunk that lies elsewhere on the disk, and all the places that want it. */
export interface Move {
  /** Names the move to the caller. */
  chunk: number;
  from: number;
  sizeBytes: number;
  to: readonly number[];
}

/** One step of the plan; moves are positions in the list that was planned. Reads in the order of sources. */
export type MoveStep =
  /** These chunks are read into memory. */
  | { kind: 'read'; moves: number[] }
  /** These have been read and may be written now: nobody needs any more what they overwrite. */
  | { kind: 'write'; moves: number[] }
  /** Memory is full and none may be written: these are forgotten and must come from elsewhere. */
  | { kind: 'drop'; moves: number[] };

/** The position of the first of `sorted` that is greater than `value`. */
const firstAbove = (sorted: Float64Array, value: number): number => {
  let low = 0;
  for (let high = sorted.length; low < high; ) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) > value) high = middle;
    else low = middle + 1;
  }
  return low;
};

/** Who overwrites whose source: answered by search in sorted places, never kept as edges. */
class MoveGraph {
  readonly moves: readonly Move[];
  /** Of each move, how many reads of others must happen before it may be written. */
  readonly blockers: Int32Array;
  readonly #froms: Float64Array;
  readonly #fromMoves: Int32Array;
  readonly #tos: Float64Array;
  readonly #toMoves: Int32Array;

  constructor(moves: readonly Move[]) {
    this.moves = moves;
    this.blockers = new Int32Array(moves.length);
    const fromMoves = Int32Array.from(moves.keys()).sort(
      (one, other) => this.#move(one).from - this.#move(other).from,
    );
    this.#fromMoves = fromMoves;
    this.#froms = Float64Array.from(fromMoves, (move) => this.#move(move).from);
    const targets = moves.flatMap(({ to }, move) => to.map((place) => ({ place, move })));
    targets.sort((one, other) => one.place - other.place);
    this.#tos = Float64Array.from(targets, ({ place }) => place);
    this.#toMoves = Int32Array.from(targets, ({ move }) => move);
    for (const move of moves.keys()) for (const blocked of this.overwritersOf(move)) this.#block(blocked);
  }

  /** The moves in the order of their first targets: where neighbours are likely to wait for each other. */
  inTargetOrder(): Int32Array {
    return this.#toMoves;
  }

  /** Moves that will overwrite a byte of this one's source; one that does so in two places comes twice. */
  *overwritersOf(move: number): Generator<number> {
    const { from, sizeBytes } = this.#move(move);
    for (let at = Math.max(0, firstAbove(this.#tos, from) - 1); at < this.#tos.length; at++) {
      const place = this.#tos[at] as number;
      if (place >= from + sizeBytes) return;
      const other = this.#toMoves[at] as number;
      if (other !== move && place + this.#move(other).sizeBytes > from) yield other;
    }
  }

  /** Moves whose source this one will overwrite. */
  *sourcesUnder(move: number): Generator<number> {
    const { to, sizeBytes } = this.#move(move);
    for (const place of to)
      for (let at = Math.max(0, firstAbove(this.#froms, place) - 1); at < this.#froms.length; at++) {
        const from = this.#froms[at] as number;
        if (from >= place + sizeBytes) break;
        const other = this.#fromMoves[at] as number;
        if (other !== move && from + this.#move(other).sizeBytes > place) yield other;
      }
  }

  sizeOf(move: number): number {
    return this.#move(move).sizeBytes;
  }

  #move(move: number): Move {
    return this.moves[move] as Move;
  }

  #block(move: number): void {
    this.blockers[move] = (this.blockers[move] as number) + 1;
  }
}

/**
 * Orders moves so that nothing is overwritten before it is read, with at most `memoryBytes` read and not yet written. Sources must
 * not overlap each other, nor targets; a source and a target may. Rings of moves that wait for each other go through memory; where
 * that does not hold a ring, chunks are dropped. Pure; every move is read once, then written or dropped.
 */
export function* planMoves(moves: readonly Move[], memoryBytes: number): Generator<MoveStep> {
  const graph = new MoveGraph(moves);
  const choice = new NextRead(graph);
  let held: number[] = [];
  let heldBytes = 0;
  const forget = (gone: readonly number[]): void => {
    const set = new Set(gone);
    held = held.filter((move) => !set.has(move));
    for (const move of gone) heldBytes -= graph.sizeOf(move);
  };
  for (;;) {
    const read: number[] = [];
    for (let next = choice.peek(); next !== undefined; next = choice.peek()) {
      if (heldBytes + graph.sizeOf(next) > memoryBytes && held.length > 0) break;
      choice.take(next);
      read.push(next);
      held.push(next);
      heldBytes += graph.sizeOf(next);
    }
    if (read.length > 0) yield { kind: 'read', moves: read };
    if (held.length === 0) return;
    const writable = held.filter((move) => graph.blockers[move] === 0);
    if (writable.length > 0) {
      forget(writable);
      yield { kind: 'write', moves: writable };
    } else {
      const dropped = mostBlocked(held, graph.blockers);
      choice.drop(dropped);
      forget([dropped]);
      yield { kind: 'drop', moves: [dropped] };
    }
  }
}

const mostBlocked = (held: readonly number[], blockers: Int32Array): number =>
  held.reduce((worst, move) => ((blockers[move] as number) > (blockers[worst] as number) ? move : worst));

/** Which move is read next: what frees memory soonest. */
class NextRead {
  readonly #graph: MoveGraph;
  readonly #isRead: Uint8Array;
  readonly #isDropped: Uint8Array;
  /** May be written as soon as they are read. */
  readonly #ready: number[] = [];
  readonly #order: Int32Array;
  #cursor = 0;
  /** Read ones that had to wait for others, the oldest first. */
  readonly #waiting: number[] = [];
  #waitingFrom = 0;

  constructor(graph: MoveGraph) {
    this.#graph = graph;
    this.#isRead = new Uint8Array(graph.moves.length);
    this.#isDropped = new Uint8Array(graph.moves.length);
    this.#order = graph.inTargetOrder();
    for (let at = this.#order.length - 1; at >= 0; at--) {
      const move = this.#order[at] as number;
      if (graph.blockers[move] === 0) this.#ready.push(move);
    }
  }

  /** `undefined`: all are read. */
  peek(): number | undefined {
    return this.#readyOne() ?? this.#blocker() ?? this.#first();
  }

  drop(move: number): void {
    this.#isDropped[move] = 1;
  }

  take(move: number): void {
    this.#isRead[move] = 1;
    const { blockers } = this.#graph;
    if (blockers[move] !== 0) this.#waiting.push(move);
    for (const blocked of this.#graph.overwritersOf(move)) {
      blockers[blocked] = (blockers[blocked] as number) - 1;
      if (blockers[blocked] === 0 && !this.#isRead[blocked]) this.#ready.push(blocked);
    }
  }

  #readyOne(): number | undefined {
    while (this.#ready.length > 0 && this.#isRead[this.#ready.at(-1) as number]) this.#ready.pop();
    return this.#ready.at(-1);
  }

  /** A move that the one held longest still waits for. */
  #blocker(): number | undefined {
    const { blockers } = this.#graph;
    for (; this.#waitingFrom < this.#waiting.length; this.#waitingFrom++) {
      const move = this.#waiting[this.#waitingFrom] as number;
      if (blockers[move] === 0 || this.#isDropped[move]) continue;
      for (const other of this.#graph.sourcesUnder(move)) if (!this.#isRead[other]) return other;
    }
    return undefined;
  }

  #first(): number | undefined {
    while (this.#cursor < this.#order.length && this.#isRead[this.#order[this.#cursor] as number])
      this.#cursor++;
    return this.#order[this.#cursor];
  }
}

/** For those who move: what a step reads, in the order of the disk. */
export const sourcesOf = (moves: readonly Move[], step: readonly number[]): (Extent & { move: number })[] =>
  step
    .map((move) => ({
      move,
      firstByte: (moves[move] as Move).from,
      sizeBytes: (moves[move] as Move).sizeBytes,
    }))
    .toSorted((one, other) => one.firstByte - other.firstByte);
