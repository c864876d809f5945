import { isDeepStrictEqual } from 'node:util';
import type { PartitionTable } from '../format/manifest.ts';
import { encodeGpt } from './encode-gpt.ts';
import { encodeMbr } from './encode-mbr.ts';

/** Bytes to be written at a place of the disk: whole sectors. */
export interface TablePatch {
  firstByte: number;
  bytes: Buffer;
}

/**
 * What makes `table` the disk's: the backup first, the first sector last, which alone makes it valid. `source` is the table as it lies in
 * the image's head: an MBR that stays the same is left alone, whatever it has beside its entries. Throws PARTITION_TABLE_INVALID. Pure.
 */
export const encodeTable = (
  table: PartitionTable,
  source: PartitionTable,
  disk: { sizeBytes: number; logicalSectorBytes: number },
  firstSector: Buffer,
): TablePatch[] => {
  if (table.scheme === 'gpt') return encodeGpt(table, disk, firstSector);
  return isDeepStrictEqual(table, source) ? [] : encodeMbr(table, firstSector);
};
