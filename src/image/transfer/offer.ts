import type { PublicKey } from '../format/signature.ts';
import type { ChunkId } from '../ports.ts';

/** Chunks that are wanted, in a good order to fetch them, each with the bytes that it unpacks to. */
export type Wanted = ReadonlyMap<ChunkId, number>;

/** One version of an image elsewhere: in an export, at another appliance. Nothing of it is to be trusted. */
export interface ImageOffer {
  /** The manifest's exact bytes, and the signature over them in base64url. */
  text: string;
  signature: string;
  /** Whose signature it says it is: for the question whether to trust that key. */
  signer: PublicKey | undefined;
  /** The bytes of a `.caibx`; `undefined` when it has none of this digest. */
  index(digest: string): Promise<Buffer | undefined>;
  /** Those of the wanted chunks that it has, in any order. May give less, never waits for ever. */
  chunks(wanted: Wanted, signal?: AbortSignal): AsyncIterable<{ id: ChunkId; packed: Uint8Array }>;
}
