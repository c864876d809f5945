import type { PartitionTable, Volume } from '../format/manifest.ts';

/** A part of the disk that an import cuts for itself; a gap becomes a volume only if it holds anything. */
export type Stretch = Pick<Volume, 'kind' | 'partition' | 'firstByte' | 'sizeBytes'>;

/** What lies before the first partition, the partitions, and what lies between them, in the order of the disk. */
export const planStretches = ({ partitions }: PartitionTable): Stretch[] => {
  const stretches: Stretch[] = [];
  let at = 0;
  for (const { number, firstByte, sizeBytes } of partitions.toSorted((a, b) => a.firstByte - b.firstByte)) {
    if (firstByte > at)
      stretches.push({ kind: at === 0 ? 'head' : 'gap', firstByte: at, sizeBytes: firstByte - at });
    stretches.push({ kind: 'partition', partition: number, firstByte, sizeBytes });
    at = firstByte + sizeBytes;
  }
  return stretches;
};

/** A GPT needs room for its backup behind the last partition: 32 sectors of 512 bytes (or as many bytes) of entries and the header. */
export const minimumDiskBytes = ({ scheme, sectorBytes, partitions }: PartitionTable): number => {
  const end = Math.max(...partitions.map(({ firstByte, sizeBytes }) => firstByte + sizeBytes));
  return scheme === 'gpt' ? end + 32 * 512 + sectorBytes : end;
};
