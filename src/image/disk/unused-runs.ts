import { mostUnusedRuns } from '../format/manifest.ts';
import { type Extent, without } from './extents.ts';

/** Shorter ones are not worth naming: a chunk of zeros alone measures 256 KiB. */
const shortestBytes = 1024 * 1024;

/**
 * What a manifest says of a volume's unused blocks: the largest runs between its used extents, in disk order. Both count from the volume's
 * start; `used` is in disk order, without overlaps.
 */
export const unusedRuns = (used: readonly Extent[], sizeBytes: number): Extent[] =>
  [...without([{ firstByte: 0, sizeBytes }], used)]
    .filter((run) => run.sizeBytes >= shortestBytes)
    .toSorted((one, other) => other.sizeBytes - one.sizeBytes)
    .slice(0, mostUnusedRuns)
    .sort((one, other) => one.firstByte - other.firstByte);
