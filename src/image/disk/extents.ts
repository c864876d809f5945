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

/** In order of the disk, without overlaps and empty ones; what touches becomes one. */
export const merged = (extents: readonly Extent[]): Extent[] => {
  const result: Extent[] = [];
  for (const extent of extents.toSorted((one, other) => one.firstByte - other.firstByte)) {
    const last = result.at(-1);
    if (extent.sizeBytes === 0) continue;
    if (last && extent.firstByte <= endOf(last))
      last.sizeBytes = Math.max(endOf(last), endOf(extent)) - last.firstByte;
    else result.push({ ...extent });
  }
  return result;
};

/** What of `extents` lies within `stretch`. */
export const within = (extents: readonly Extent[], stretch: Extent): Extent[] =>
  merged(extents).flatMap((extent) => {
    const firstByte = Math.max(extent.firstByte, stretch.firstByte);
    const end = Math.min(endOf(extent), endOf(stretch));
    return end > firstByte ? [{ firstByte, sizeBytes: end - firstByte }] : [];
  });

export const moved = (extents: readonly Extent[], by: number): Extent[] =>
  extents.map(({ firstByte, sizeBytes }) => ({ firstByte: firstByte + by, sizeBytes }));

export const totalOf = (extents: readonly Extent[]): number =>
  extents.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
