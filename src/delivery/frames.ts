import { freeNow } from '../core/free-now.ts';
import { maximumPackedBytes } from '../image/format/chunk.ts';
import { frameHeadBytes, missingFrame } from './protocol.ts';

/** An answer that no server of ours would give: asking again would not help. */
export class ProtocolError extends Error {}

/**
 * Cuts the answer of `POST /chunks` into its frames as it arrives; `undefined` stands for a chunk that the store does not have.
 * Holds one frame at most, in memory of its own, and gives back that of what it has read. Ends early when the stream ends: the caller counts. Throws
 * ProtocolError for a length that no chunk has.
 */
export async function* readFrames(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer | undefined> {
  const head = Buffer.alloc(frameHeadBytes);
  let target = head;
  let filled = 0;
  for await (const piece of body) {
    for (let at = 0; at < piece.length; ) {
      const count = Math.min(target.length - filled, piece.length - at);
      piece.copy(target, filled, at, at + count);
      filled += count;
      at += count;
      if (filled < target.length) continue;
      filled = 0;
      if (target !== head) {
        const frame = target;
        target = head;
        yield frame;
        continue;
      }
      const length = head.readUInt32BE(0);
      if (length === missingFrame) yield undefined;
      else if (length === 0) yield Buffer.alloc(0);
      else if (length <= maximumPackedBytes()) target = Buffer.allocUnsafeSlow(length);
      else throw new ProtocolError(`a chunk of ${length} packed bytes cannot be`);
    }
    freeNow(piece);
  }
}
