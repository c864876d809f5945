/** Bytes, however they come, in pieces of `partBytes`; the last one is shorter, and empty when there is nothing at all. */
export async function* inParts(
  bytes: Uint8Array | AsyncIterable<Uint8Array>,
  partBytes: number,
): AsyncGenerator<Uint8Array, undefined> {
  const pieces = bytes instanceof Uint8Array ? [bytes] : bytes;
  let waiting: Uint8Array[] = [];
  let length = 0;
  for await (let piece of pieces) {
    while (length + piece.length > partBytes) {
      const taken = piece.subarray(0, partBytes - length);
      yield joined([...waiting, taken]);
      piece = piece.subarray(taken.length);
      waiting = [];
      length = 0;
    }
    waiting.push(piece);
    length += piece.length;
  }
  yield joined(waiting);
}

const joined = (pieces: Uint8Array[]): Uint8Array =>
  pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces);

/** What was taken from the front, and then the rest. */
export async function* putBack<Item>(
  taken: Item,
  rest: AsyncIterator<Item>,
): AsyncGenerator<Item, undefined> {
  yield taken;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}
