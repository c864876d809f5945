import { type Extent, joined } from '../../image/disk/extents.ts';
import { readPartitionTable } from '../../image/disk/partition-table.ts';
import type { Stretch } from '../../image/disk/stretches.ts';
import { planStretches } from '../../image/disk/stretches.ts';
import { volumeName } from '../disk/layout.ts';
import type { Pieces } from '../disk/pieces.ts';
import { type ReadTools, readExtents } from '../disk/read-extents.ts';
import type { RestorePlan } from '../disk/restore-plan.ts';

/** Where something lies on the disk now that may be worth cutting. */
export interface OldStretch {
  /** As messages name it. */
  name: string;
  /** In disk order. */
  extents: Extent[];
}

/**
 * The blocks that the file system of a partition of the present disk uses, by their place on the disk and in disk order; `undefined`:
 * nobody can tell, all of it may be used.
 */
export type UsedExtents = (partition: Stretch) => Promise<Extent[] | undefined>;

const readAt =
  (tools: ReadTools) =>
  async (position: number, length: number): Promise<Buffer> => {
    const sizeBytes = Math.max(0, Math.min(length, tools.device.sizeBytes - position));
    const parts: Buffer[] = [];
    for await (const { bytes } of readExtents([{ firstByte: position, sizeBytes }], tools))
      parts.push(Buffer.from(bytes as Buffer));
    return Buffer.concat(parts);
  };

/**
 * The partitions of the present table. Without one (a power cut in the middle of a restore leaves none) what the image will put on
 * the disk shows where to look: a restore that was cut off has begun to put it there.
 */
export const oldStretches = async (
  { body }: RestorePlan,
  pieces: Pieces,
  tools: ReadTools & { usedExtents: UsedExtents },
): Promise<OldStretch[]> => {
  const table = await readPartitionTable(readAt(tools), tools.device.sizeBytes).catch(() => undefined);
  tools.signal.throwIfAborted();
  if (!table)
    return body.map((content) => ({
      name: volumeName(content.volume),
      extents: [...joined(dataOf(content, pieces))],
    }));
  const stretches: OldStretch[] = [];
  for (const stretch of planStretches(table)) {
    if (stretch.kind !== 'partition') continue;
    const extents = (await tools.usedExtents(stretch)) ?? [stretch];
    stretches.push({ name: `partition ${stretch.partition}`, extents });
  }
  return stretches;
};

function* dataOf(content: RestorePlan['body'][number], pieces: Pieces): Generator<Extent> {
  for (const piece of pieces.written([content])) if (piece.kind === 'data') yield piece;
}
