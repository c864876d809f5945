import type { Extent } from '../../image/disk/extents.ts';

const sections = 1000;
const alignBytes = 4096;
const endBytes = 16 * 1024 * 1024;
/** A disk so small is read whole. */
const wholeBelowBytes = 1024 * 1024 * 1024;

const aligned = (bytes: number): number => Math.floor(bytes / alignBytes) * alignBytes;

export interface SampleSize {
  /** Of each of the thousand sections, in each of its halves. */
  share: number;
  /** At least so much, in bytes. */
  leastBytes: number;
}

/** NIST SP 800-88 Rev. 1, section 4.7.1: a thousand sections, two places by chance in each, each a twentieth of it. */
export const representative: SampleSize = { share: 0.05, leastBytes: 64 * 1024 };
/** Enough to find a disk that did nothing, in a moment. */
export const glance: SampleSize = { share: 0, leastBytes: 64 * 1024 };

/**
 * Where to look: both ends, and two places by chance in each of a thousand sections. In order and without overlaps; a small disk whole. Pure.
 * @param chance 0 to 1, a new one at each call
 */
export const sampleExtents = (
  sizeBytes: number,
  { share, leastBytes }: SampleSize,
  chance: () => number,
): Extent[] => {
  if (sizeBytes <= wholeBelowBytes) return [{ firstByte: 0, sizeBytes }];
  const halfBytes = aligned((sizeBytes - 2 * endBytes) / sections / 2);
  const placeBytes = Math.min(
    halfBytes,
    Math.max(leastBytes, Math.ceil((halfBytes * 2 * share) / alignBytes) * alignBytes),
  );
  const places = Array.from({ length: sections * 2 }, (_, number) => ({
    firstByte: endBytes + number * halfBytes + aligned(chance() * (halfBytes - placeBytes)),
    sizeBytes: placeBytes,
  }));
  return [
    { firstByte: 0, sizeBytes: endBytes },
    ...places,
    { firstByte: sizeBytes - endBytes, sizeBytes: endBytes },
  ];
};
