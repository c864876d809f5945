import { asGreifError, GreifError } from '../../core/errors.ts';
import { decodeIndex } from '../format/index-file.ts';
import type { ChunkId } from '../ports.ts';
import type { ImageStore } from '../store/image-store.ts';
import { provenIds } from './proven-ids.ts';
import type { ChunkToProve, Prover } from './prover.ts';

/** What one capture order may do with the store. Every call may be repeated. */
export interface OpenCapture {
  /** Those of the ids that the store does not have whole: what went bad on its disk is wanted again, so that capturing mends it. */
  lacking(ids: readonly ChunkId[]): Promise<ChunkId[]>;
  /** Keeps chunks, durable when it returns. Throws BAD_REQUEST when one is not what its id says; none of them is kept then. Throws BODY_TOO_LARGE for more than the PC's disk can hold. */
  keep(chunks: readonly ChunkToProve[]): Promise<void>;
  /** Throws INDEX_INVALID and CHUNK_MISSING as `addIndex` unless this capture has brought that index, or can prove it now. */
  provenIndex(digest: string): Promise<Buffer>;
  /** Keeps an index and answers its digest. Throws INDEX_INVALID, and CHUNK_MISSING unless the store has every chunk of it, proven during this capture. */
  addIndex(file: Buffer): Promise<string>;
}

/** Chunks that are read from the store at a time. */
const readAtOnce = 16;
/** Ids of an index that are looked at before others get their turn. */
const indexBatch = 1024;

/** @param mostBytes uncompressed, of chunks that were not in the store. */
export const openCapture = (parts: {
  store: Pick<ImageStore, 'chunks' | 'index' | 'addIndex'>;
  prover: Prover;
  mostBytes: number;
}): OpenCapture => {
  const { store, prover, mostBytes } = parts;
  const proven = provenIds();
  let keptBytes = 0;

  /** A chunk that cannot be read is as good as missing. */
  const orMissing = (thrown: unknown): undefined => {
    if (asGreifError(thrown).code !== 'CHUNK_CORRUPT') throw thrown;
  };
  async function* read(ids: readonly ChunkId[]): AsyncGenerator<Uint8Array | undefined> {
    for await (const found of store.chunks.getMany(ids))
      yield found instanceof Error ? orMissing(found) : found;
  }

  /** Reads and proves what was not proven before; answers what is not there or not whole. */
  const missing = async (ids: readonly ChunkId[]): Promise<ChunkId[]> => {
    const lacking: ChunkId[] = [];
    for (let at = 0; at < ids.length; at += readAtOnce) {
      const some = ids.slice(at, at + readAtOnce).filter((id) => !proven.has(id));
      // Reading looks for what other processes may have added; most of a new disk is nowhere.
      const present: ChunkId[] = [];
      for (const id of some) if (await store.chunks.has(id)) present.push(id);
      const whole: ChunkToProve[] = [];
      let position = 0;
      for await (const packed of read(present)) {
        const id = present[position++];
        if (id && packed) whole.push({ id, packed: Buffer.from(packed) });
      }
      const results = await prover.prove(whole);
      for (const [position, { id }] of whole.entries())
        if (typeof results[position] === 'number') proven.add(id);
      lacking.push(...some.filter((id) => !proven.has(id)));
    }
    return lacking;
  };

  const proveIndex = async (file: Buffer): Promise<void> => {
    const index = decodeIndex(file);
    let batch: ChunkId[] = [];
    const proveBatch = async (): Promise<void> => {
      const [first] = await missing(batch);
      if (first) throw lost(first);
      batch = [];
    };
    for (let item = 0; item < index.count; item++) {
      const repeated = item > 0 && index.rawId(item).equals(index.rawId(item - 1));
      if (!repeated) batch.push(index.id(item));
      if (batch.length >= indexBatch) await proveBatch();
    }
    await proveBatch();
  };

  return {
    lacking: missing,
    async keep(chunks) {
      const fresh = chunks.filter(({ id }) => !proven.has(id));
      const results = await prover.prove(fresh);
      for (const [position, result] of results.entries())
        if (typeof result === 'string') throw corrupt(fresh[position]?.id, result);
      keptBytes += results.reduce<number>((sum, result) => sum + Number(result), 0);
      if (keptBytes > mostBytes)
        throw new GreifError(
          'BODY_TOO_LARGE',
          `the PC sends more than its disk can hold (${mostBytes} bytes)`,
        );
      await Promise.all(
        fresh.map(async ({ id, packed }) => {
          await store.chunks.put(id, packed);
          proven.add(id);
        }),
      );
    },
    async addIndex(file) {
      await proveIndex(file);
      return store.addIndex(file);
    },
    async provenIndex(digest) {
      const file = await store.index(digest);
      if (!file) throw new GreifError('INDEX_INVALID', `the index ${digest} did not come`);
      await proveIndex(file);
      return file;
    },
  };
};

const corrupt = (id: ChunkId | undefined, reason: string): GreifError =>
  new GreifError('BAD_REQUEST', `the PC sent a chunk ${id} that is not what it says: ${reason}`, {
    details: { chunk: id, reason },
  });

const lost = (id: ChunkId): GreifError =>
  new GreifError(
    'CHUNK_MISSING',
    `the chunk ${id} of the captured disk is not in the store: file a new order`,
  );
