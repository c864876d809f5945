/** A stretch of the disk, in bytes. */
export interface Extent {
  firstByte: number;
  sizeBytes: number;
}

export const endOf = ({ firstByte, sizeBytes }: Extent): number => firstByte + sizeBytes;

export const inDiskOrder = <T extends Extent>(extents: readonly T[]): T[] =>
  extents.toSorted((one, other) => one.firstByte - other.firstByte);

/** Extents that follow each other, in disk order or not, as one where they touch. */
export function* joined(extents: Iterable<Extent>): Generator<Extent> {
  let run: Extent | undefined;
  for (const { firstByte, sizeBytes } of extents) {
    if (run && endOf(run) === firstByte) run.sizeBytes += sizeBytes;
    else {
      if (run) yield run;
      run = { firstByte, sizeBytes };
    }
  }
  if (run) yield run;
}

/** What of `extents` is in none of `taken`. Both in disk order, each without overlaps. */
export function* without(extents: Iterable<Extent>, taken: Iterable<Extent>): Generator<Extent> {
  const others = taken[Symbol.iterator]();
  let other = others.next();
  for (const extent of extents) {
    let at = extent.firstByte;
    for (; !other.done && other.value.firstByte < endOf(extent); other = others.next()) {
      if (other.value.firstByte > at) yield { firstByte: at, sizeBytes: other.value.firstByte - at };
      at = Math.max(at, endOf(other.value));
      if (endOf(other.value) > endOf(extent)) break;
    }
    if (at < endOf(extent)) yield { firstByte: at, sizeBytes: endOf(extent) - at };
  }
}
