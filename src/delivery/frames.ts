import { maximumPackedBytes } from '../image/format/chunk.ts';
import { frameHeadBytes, missingFrame } from './protocol.ts';

/** An answer that no server of ours would give: asking again would not help. */
export class ProtocolError extends Error {}

/**
 * Cuts the answer of `POST /chunks` into its frames as it arrives; `undefined` stands for a chunk that the store does not have.
 * Holds one frame at most. Ends early when the stream ends: the caller counts. Throws ProtocolError for a length that no chunk has.
 */
export async function* readFrames(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer | undefined> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of body) {
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    let at = 0;
    while (rest.length - at >= frameHeadBytes) {
      const length = rest.readUInt32BE(at);
      if (length > maximumPackedBytes() && length !== missingFrame)
        throw new ProtocolError(`a chunk of ${length} packed bytes cannot be`);
      const end = at + frameHeadBytes + (length === missingFrame ? 0 : length);
      if (end > rest.length) break;
      yield length === missingFrame ? undefined : rest.subarray(at + frameHeadBytes, end);
      at = end;
    }
    rest = rest.subarray(at);
  }
}
