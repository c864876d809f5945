import { GreifError } from '../core/errors.ts';
import { maximumPackedBytes } from '../image/format/chunk.ts';
import type { ChunkId } from '../image/ports.ts';
import { chunkIdBytes } from './protocol.ts';
import { maximumChunksPerUpload, uploadHeadBytes } from './upload-protocol.ts';

export interface UploadedChunk {
  id: ChunkId;
  packed: Buffer;
}

/**
 * Cuts an upload's body into chunks as it arrives; holds one of them at most. Throws BAD_REQUEST for a length that no chunk has, for too
 * many, and for a body that ends within one.
 */
export async function* readUpload(body: AsyncIterable<Buffer>): AsyncGenerator<UploadedChunk> {
  let rest: Buffer = Buffer.alloc(0);
  let count = 0;
  for await (const piece of body) {
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    let at = 0;
    while (rest.length - at >= uploadHeadBytes) {
      const length = rest.readUInt32BE(at + chunkIdBytes);
      if (length > maximumPackedBytes()) throw malformed(`a chunk of ${length} packed bytes cannot be`);
      const end = at + uploadHeadBytes + length;
      if (end > rest.length) break;
      if (++count > maximumChunksPerUpload) throw malformed(`at most ${maximumChunksPerUpload} at once`);
      yield {
        id: rest.toString('hex', at, at + chunkIdBytes) as ChunkId,
        packed: rest.subarray(at + uploadHeadBytes, end),
      };
      at = end;
    }
    rest = rest.subarray(at);
  }
  if (rest.length > 0) throw malformed('it ends within a chunk');
}

const malformed = (problem: string): GreifError =>
  new GreifError('BAD_REQUEST', `the upload is not chunks with their ids: ${problem}`);
