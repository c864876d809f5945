import type { Extent } from '../disk/block-device.ts';
import { endOf } from '../disk/layout.ts';

/** In order of the disk, without overlaps and empty ones; what touches becomes one. */
export const joined = (extents: readonly Extent[]): Extent[] => {
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

/** `extents` without the bytes of `taken`. */
export const without = (extents: readonly Extent[], taken: readonly Extent[]): Extent[] => {
  const holes = joined(taken);
  return joined(extents).flatMap((extent) => {
    const parts: Extent[] = [];
    let at = extent.firstByte;
    for (const hole of holes) {
      if (endOf(hole) <= at || hole.firstByte >= endOf(extent)) continue;
      if (hole.firstByte > at) parts.push({ firstByte: at, sizeBytes: hole.firstByte - at });
      at = endOf(hole);
    }
    if (at < endOf(extent)) parts.push({ firstByte: at, sizeBytes: endOf(extent) - at });
    return parts;
  });
};

/** What of `extents` lies within `stretch`. */
export const within = (extents: readonly Extent[], stretch: Extent): Extent[] =>
  joined(extents).flatMap((extent) => {
    const firstByte = Math.max(extent.firstByte, stretch.firstByte);
    const end = Math.min(endOf(extent), endOf(stretch));
    return end > firstByte ? [{ firstByte, sizeBytes: end - firstByte }] : [];
  });

export const moved = (extents: readonly Extent[], by: number): Extent[] =>
  extents.map(({ firstByte, sizeBytes }) => ({ firstByte: firstByte + by, sizeBytes }));

export const totalOf = (extents: readonly Extent[]): number =>
  extents.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);

/** Whole blocks around the extents: what a disk that is read without the page cache can give. */
export const inBlocks = (extents: readonly Extent[], blockBytes: number): Extent[] =>
  joined(
    extents.map((extent) => {
      const firstByte = Math.floor(extent.firstByte / blockBytes) * blockBytes;
      const end = Math.ceil(endOf(extent) / blockBytes) * blockBytes;
      return { firstByte, sizeBytes: end - firstByte };
    }),
  );
