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
export const planReads = (
  wanted: readonly (Location | undefined)[],
  { gapBytes, mostBytes }: ReadLimits,
): (PackRead | { missing: number })[] => {
  const plan: (PackRead | { missing: number })[] = [];
  for (const [position, location] of wanted.entries()) {
    if (!location) {
      plan.push({ missing: position });
      continue;
    }
    const { pack, entry } = location;
    const [offset, length] = [pack.offset(entry), recordHeadBytes + pack.length(entry)];
    const last = plan.at(-1);
    if (last && 'pack' in last && last.pack === pack) {
      const gap = offset - (last.offset + last.length);
      const whole = offset + length - last.offset;
      if (gap >= 0 && gap <= gapBytes && whole <= mostBytes) {
        last.parts.push({ position, at: offset - last.offset, length });
        last.length = whole;
        continue;
      }
    }
    plan.push({ pack, offset, length, parts: [{ position, at: 0, length }] });
  }
  return plan;
};
