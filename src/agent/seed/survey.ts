import { hash } from 'node:crypto';
import type { Log } from '../../core/log.ts';
import { type Extent, inDiskOrder, joined, without } from '../../image/disk/extents.ts';
import { isZero } from '../disk/chunk-digests.ts';
import { ChunkTable } from '../disk/chunk-table.ts';
import type { VolumeContent } from '../disk/layout.ts';
import { type DataPiece, type Piece, PieceSet, type Pieces } from '../disk/pieces.ts';
import { checkPieces, type PieceTools } from '../disk/read-pieces.ts';
import type { RestorePlan } from '../disk/restore-plan.ts';
import { cutExtents } from './cut-extents.ts';
import type { Move } from './move-plan.ts';
import { type OldStretch, oldStretches, type UsedExtents } from './old-stretches.ts';
import { windowsOf } from './windows.ts';

/** Chunks of a volume that are tried in their places before all are. */
const sampledChunks = 64;
/** Windows of an old stretch that are cut before all of it is, and the share of known bytes that is worth it. */
const sampledWindows = 16;
const windowBytes = 1024 * 1024;
const worthwhileShare = 0.03;
/** Table and boot code are wiped first and written last; in between they are kept in memory, as far as they are small. */
const keptBytes = 4 * 1024 * 1024;

export interface SurveyTools extends PieceTools {
  usedExtents: UsedExtents;
  log: Log;
  /** Called with every stretch that proved to be in place. */
  advanced(bytes: number): void;
}

/** What of the image the disk holds already. Every chunk in it was read from the disk and hashed. */
export interface Survey {
  /** Pieces that are right where they are. */
  inPlace: PieceSet;
  inPlaceBytes: number;
  /** Chunks to be copied from elsewhere on the disk; `chunk` is a number of `table`. */
  moves: Move[];
  table: ChunkTable;
  /** Chunks of the head by their place: wiped first, written last. */
  kept: Map<number, Buffer>;
}

/** Data chunks of a volume, evenly spread. */
function* sampleOf(content: VolumeContent): Generator<DataPiece> {
  const { volume, index } = content;
  const step = Math.max(1, index.count / sampledChunks);
  for (let at = 0; at < index.count; at += step) {
    const item = Math.floor(at);
    if (index.isZero(item)) continue;
    const place = { firstByte: volume.firstByte + index.start(item), sizeBytes: index.size(item) };
    yield { kind: 'data', content, item, ...place };
  }
}

const anyInPlace = async (content: VolumeContent, tools: PieceTools): Promise<boolean> => {
  for await (const { right } of checkPieces(sampleOf(content), tools)) if (right) return true;
  return false;
};

/** Gathers what is found. */
class Findings {
  readonly table: ChunkTable;
  readonly inPlace = new PieceSet();
  inPlaceBytes = 0;
  /** By the first chunk of an id: where it lies; -1 nowhere. */
  readonly sources: Float64Array;

  readonly #advanced: SurveyTools['advanced'];

  constructor(body: readonly VolumeContent[], advanced: SurveyTools['advanced']) {
    this.#advanced = advanced;
    this.table = new ChunkTable(body);
    this.sources = new Float64Array(this.table.count).fill(-1);
  }

  add(piece: Piece): void {
    this.inPlace.add(piece);
    this.inPlaceBytes += piece.sizeBytes;
    this.#advanced(piece.sizeBytes);
    if (piece.kind === 'data') {
      const first = this.table.find(piece.content.index.rawId(piece.item));
      if (first !== undefined) this.sources[first] = piece.firstByte;
    }
  }

  /** @returns whether the image has such a chunk. */
  found(rawId: Buffer, { firstByte, sizeBytes }: Extent): boolean {
    const first = this.table.find(rawId);
    if (first === undefined || this.table.place(first).sizeBytes !== sizeBytes) return false;
    if (this.sources[first] === -1) this.sources[first] = firstByte;
    const number = this.table.beginningAt(firstByte);
    if (number === undefined || !this.table.rawId(number).equals(rawId)) return true;
    const piece = this.table.piece(number);
    if (!this.inPlace.has(piece)) this.add(piece);
    return true;
  }

  *moves(): Generator<Move> {
    for (let first = 0; first < this.table.count; first++) {
      const from = this.sources[first] as number;
      if (from === -1) continue;
      const to = [...this.table.same(first)]
        .map((number) => this.table.piece(number))
        .filter((piece) => !this.inPlace.has(piece))
        .map(({ firstByte }) => firstByte);
      if (to.length > 0) yield { chunk: first, from, sizeBytes: this.table.place(first).sizeBytes, to };
    }
  }
}

const surveyPlaces = async (
  content: VolumeContent,
  pieces: Pieces,
  findings: Findings,
  tools: SurveyTools,
): Promise<void> => {
  if (!(await anyInPlace(content, tools))) return;
  for await (const { piece, right } of checkPieces(pieces.written([content]), tools))
    if (right) findings.add(piece);
};

/** The share of the cut bytes that the image has. */
const cutAndFind = async (
  extents: Iterable<Extent>,
  findings: Findings,
  tools: SurveyTools,
): Promise<number> => {
  let cut = 0;
  let known = 0;
  for await (const { firstByte, bytes } of cutExtents(extents, tools)) {
    if (isZero(bytes)) continue;
    cut += bytes.length;
    const place = { firstByte, sizeBytes: bytes.length };
    if (findings.found(hash('sha256', bytes, 'buffer'), place)) known += bytes.length;
  }
  return cut === 0 ? 0 : known / cut;
};

const sizeOf = (extents: readonly Extent[]): number =>
  extents.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);

const scan = async (stretch: OldStretch, findings: Findings, tools: SurveyTools): Promise<void> => {
  const sample = windowsOf(stretch.extents, sampledWindows, windowBytes);
  const share = await cutAndFind(sample, findings, tools);
  const isWorthwhile = share >= worthwhileShare;
  tools.log.info(`${stretch.name} of the old disk: ${Math.round(share * 100)} % of a sample is in the image`);
  if (isWorthwhile && sizeOf(sample) < sizeOf(stretch.extents))
    await cutAndFind(stretch.extents, findings, tools);
};

const keepHead = async (
  { head }: RestorePlan,
  pieces: Pieces,
  tools: PieceTools,
): Promise<Map<number, Buffer>> => {
  const kept = new Map<number, Buffer>();
  if (head.reduce((sum, { volume }) => sum + volume.dataBytes, 0) > keptBytes) return kept;
  for await (const { piece, right, bytes } of checkPieces(pieces.written(head), tools))
    if (piece.kind === 'data' && right && bytes) kept.set(piece.firstByte, Buffer.from(bytes));
  return kept;
};

const isComplete = (
  { body }: RestorePlan,
  pieces: Pieces,
  { table, inPlace, sources }: Findings,
): boolean => {
  for (const piece of pieces.written(body)) {
    if (piece.kind === 'zeros' || inPlace.has(piece)) continue;
    const first = table.find(piece.content.index.rawId(piece.item));
    if (first === undefined || sources[first] === -1) return false;
  }
  return true;
};

/**
 * Reads the present disk in the image's terms and changes nothing. First the chunks in their places; a volume none of whose sample is
 * in place is not read. If anything is missing then, the old partitions' used blocks are cut; one whose sample the image hardly knows
 * is not read either, so that a foreign disk costs seconds. What is wiped first is no source.
 */
export const surveyDisk = async (plan: RestorePlan, pieces: Pieces, tools: SurveyTools): Promise<Survey> => {
  const findings = new Findings(plan.body, tools.advanced);
  for (const content of plan.body) await surveyPlaces(content, pieces, findings, tools);
  if (!isComplete(plan, pieces, findings)) {
    for (const stretch of await oldStretches(plan, pieces, tools)) {
      const right = joined(placesOf(plan, pieces, findings.inPlace));
      const extents = [...without(without(stretch.extents, inDiskOrder(plan.wipe)), right)];
      await scan({ ...stretch, extents }, findings, tools);
    }
  }
  return {
    inPlace: findings.inPlace,
    inPlaceBytes: findings.inPlaceBytes,
    table: findings.table,
    moves: [...findings.moves()],
    kept: await keepHead(plan, pieces, tools),
  };
};

function* placesOf({ body }: RestorePlan, pieces: Pieces, inPlace: PieceSet): Generator<Extent> {
  for (const piece of pieces.written(body)) if (inPlace.has(piece)) yield piece;
}
