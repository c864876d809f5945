import type { Location } from './chunk-table.ts';
import type { Pack } from './pack.ts';
import { recordHeadBytes } from './pack-format.ts';

/** One read from a pack, and the wanted chunks in it in their order; `at` counts from the read's start. */
export interface PackRead {
  pack: Pack;
  offset: number;
  length: number;
  parts: { position: number; at: number; length: number }[];
}

export interface ReadLimits {
  /** Bytes between two wanted records that are rather read than jumped over. */
  gapBytes: number;
  mostBytes: number;
}

/** Joins neighbours into large reads. `positions` are counted in `wanted`; those without a location are left out, each run of others keeps its order. */
export function* planReads(
  wanted: Iterable<Location | undefined>,
  { gapBytes, mostBytes }: ReadLimits,
): Generator<PackRead | { missing: number }> {
  let read: PackRead | undefined;
  let position = 0;
  for (const location of wanted) {
    if (!location) {
      if (read) yield read;
      read = undefined;
      yield { missing: position++ };
      continue;
    }
    const { pack, entry } = location;
    const [offset, length] = [pack.offset(entry), recordHeadBytes + pack.length(entry)];
    if (read?.pack === pack) {
      const gap = offset - (read.offset + read.length);
      const whole = offset + length - read.offset;
      if (gap >= 0 && gap <= gapBytes && whole <= mostBytes) {
        read.parts.push({ position: position++, at: offset - read.offset, length });
        read.length = whole;
        continue;
      }
    }
    if (read) yield read;
    read = { pack, offset, length, parts: [{ position: position++, at: 0, length }] };
  }
  if (read) yield read;
}
