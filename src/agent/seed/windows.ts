import { type Extent, endOf } from '../../image/disk/extents.ts';

/** At most `count` windows of so many bytes, evenly spread over the extents; all of them when they are not more. */
export const windowsOf = (extents: readonly Extent[], count: number, sizeBytes: number): Extent[] => {
  const total = extents.reduce((sum, extent) => sum + extent.sizeBytes, 0);
  if (total <= count * sizeBytes) return [...extents];
  const windows: Extent[] = [];
  let passed = 0;
  let next = 0;
  for (const extent of extents) {
    for (; next < count; next++) {
      const inside = (next * total) / count - passed;
      if (inside >= extent.sizeBytes) break;
      const firstByte = extent.firstByte + Math.floor(inside);
      windows.push({ firstByte, sizeBytes: Math.min(sizeBytes, endOf(extent) - firstByte) });
    }
    passed += extent.sizeBytes;
  }
  return windows;
};
