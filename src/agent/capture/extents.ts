import type { Extent } from '../disk/extents.ts';
import { endOf } from '../disk/extents.ts';

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
