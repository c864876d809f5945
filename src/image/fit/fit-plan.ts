import { GreifError } from '../../core/errors.ts';
import type { Manifest, Partition, PartitionTable, Volume } from '../format/manifest.ts';
import { canGrow, isBound, mayMoveUnasked, minimumBytes } from './partition-kinds.ts';
import { usableEnd } from './usable-area.ts';

export const mebibyte = 1024 * 1024;

/**
 * What happens to the room of a disk of another size. `keep`: partitions stay where they are; only what lies behind a growing one and is mere
 * scratch (swap) moves. `fill`: the largest file system that can grow takes all the room, whatever lies behind it moves to the end.
 */
export type Layout = 'keep' | 'fill';

/** The part of a disk that the plan depends on. */
export interface TargetDisk {
  /** As a refusal names it. */
  id?: string | undefined;
  sizeBytes: number;
  logicalSectorBytes: number;
}

/** Where a volume of the image goes on this disk. Only partitions change their size. */
export interface Placement {
  volume: Volume;
  firstByte: number;
  sizeBytes: number;
}

export interface FitPlan {
  /** The table for this disk: numbers, types, GUIDs, names and attributes are the image's. */
  table: PartitionTable;
  placements: Placement[];
  /** In words, for the evidence: what grew, shrank and moved, and room that is left unused. */
  notes: string[];
}

type Contents = Pick<Manifest, 'table' | 'volumes'>;

/** A partition with what lies before it, in the order of the disk. */
interface Slot {
  partition: Partition;
  volume: Volume | undefined;
  /** Bytes without a partition before it, and how many of them must stay (a gap volume, the record of a logical partition). */
  spaceBefore: number;
  neededBefore: number;
}

/** By how much a partition changes, and by how much the free space before it. Whole mebibytes, so that every alignment stays. */
interface Change {
  size: number;
  space: number;
}

const endOf = ({ firstByte, sizeBytes }: { firstByte: number; sizeBytes: number }): number =>
  firstByte + sizeBytes;
const downToMebibyte = (bytes: number): number => Math.floor(bytes / mebibyte) * mebibyte;
const upToMebibyte = (bytes: number): number => Math.ceil(bytes / mebibyte) * mebibyte;

const isLogical = (table: PartitionTable, { number }: Partition): boolean =>
  table.scheme === 'mbr' && number > 4;

const slotsOf = ({ table, volumes }: Contents): Slot[] => {
  const inOrder = table.partitions.toSorted((one, other) => one.firstByte - other.firstByte);
  return inOrder.map((partition, position) => {
    const before = inOrder[position - 1];
    const spaceBefore = partition.firstByte - (before ? endOf(before) : 0);
    const gap = volumes.find(
      ({ kind, firstByte }) =>
        kind === 'gap' && firstByte < partition.firstByte && firstByte >= partition.firstByte - spaceBefore,
    );
    const record = isLogical(table, partition) ? Math.min(spaceBefore, mebibyte) : 0;
    return {
      partition,
      volume: volumes.find((volume) => volume.partition === partition.number),
      spaceBefore,
      neededBefore: before ? Math.max(record, gap ? partition.firstByte - gap.firstByte : 0) : spaceBefore,
    };
  });
};

/** The first slot that may change: what boot code finds by its place stays, and all before it. */
const firstFree = (slots: readonly Slot[]): number =>
  slots.findLastIndex(({ partition }) => isBound(partition)) + 1;

const largest = (slots: readonly Slot[]): Slot | undefined =>
  slots.reduce<Slot | undefined>(
    (best, slot) => (best && best.partition.sizeBytes >= slot.partition.sizeBytes ? best : slot),
    undefined,
  );

/** Which partition takes the room behind the last one. */
const growing = (slots: readonly Slot[], layout: Layout, growth: number): Slot | undefined => {
  const bound = firstFree(slots);
  return largest(
    slots.filter((slot, position) => {
      const behind = slots.slice(position + 1);
      // Growing it moves nothing before it.
      if (position + 1 < bound || !canGrow(slot.partition, slot.volume, growth)) return false;
      return layout === 'fill' || behind.every(({ volume }) => mayMoveUnasked(volume));
    }),
  );
};

const name = ({ number, name: title }: Partition): string =>
  title ? `partition ${number} (${title})` : `partition ${number}`;
const gib = (bytes: number): string =>
  bytes < 2 ** 30 ? `${Math.floor(bytes / mebibyte)} MiB` : `${(bytes / 2 ** 30).toFixed(1)} GiB`;

/** Free space first, the last of it first; then file systems, those with most to give first; swap last. */
const give = (slots: readonly Slot[], changes: Change[], neededBytes: number): number => {
  let needed = neededBytes;
  const take = (available: number): number => {
    const taken = Math.min(Math.max(0, downToMebibyte(available)), needed);
    needed -= taken;
    return taken;
  };
  const free = slots.map((_, position) => position).slice(firstFree(slots));
  for (const position of free.toReversed()) {
    const slot = slots[position] as Slot;
    (changes[position] as Change).space -= take(slot.spaceBefore - slot.neededBefore);
  }
  const spare = (position: number): number => {
    const { partition, volume } = slots[position] as Slot;
    return partition.sizeBytes - minimumBytes(partition, volume);
  };
  const isSwap = (position: number): number => Number(slots[position]?.volume?.fileSystem?.type === 'swap');
  const givers = free.toSorted((a, b) => isSwap(a) - isSwap(b) || spare(b) - spare(a));
  for (const position of givers) (changes[position] as Change).size -= take(spare(position));
  return needed;
};

const tooSmall = (slots: readonly Slot[], disk: TargetDisk, missing: number): GreifError => {
  const fixed = slots
    .filter(({ partition, volume }) => minimumBytes(partition, volume) === partition.sizeBytes)
    .map(({ partition, volume }) => `${name(partition)}: ${volume?.fileSystem?.type ?? 'unknown content'}`);
  const least = disk.sizeBytes + missing;
  return new GreifError(
    'DISK_TOO_SMALL',
    `${disk.id === undefined ? 'the disk' : `the disk ${disk.id}`} has ${disk.sizeBytes} bytes (${gib(disk.sizeBytes)}), and with every file system at its minimal size the image needs ${least}: ${missing} bytes (${gib(missing)}) more. What cannot be made smaller: ${fixed.join('; ') || 'nothing'}.`,
    { details: { missingBytes: missing, minimumDiskBytes: least } },
  );
};

const unused = (slots: readonly Slot[], room: number, layout: Layout): string => {
  const behind = slots.at(-1)?.partition;
  const left = `${gib(room)} at the end of the disk stay unused`;
  if (layout === 'keep' && growing(slots, 'fill', room) && behind)
    return `${left}: ${name(behind)} lies behind what could grow, and stays in its place (an order with layout "fill" moves it to the end)`;
  return `${left}: the image has no file system that can be grown into them`;
};

const decideChanges = (
  slots: readonly Slot[],
  table: PartitionTable,
  disk: TargetDisk,
  layout: Layout,
): { changes: Change[]; notes: string[] } => {
  const changes = slots.map((): Change => ({ size: 0, space: 0 }));
  const room = usableEnd(table, disk) - endOf(slots.at(-1)?.partition ?? { firstByte: 0, sizeBytes: 0 });
  if (room < 0) {
    const asked = upToMebibyte(-room);
    const missing = give(slots, changes, asked);
    if (missing > 0) throw tooSmall(slots, disk, missing - (asked + room));
    return { changes, notes: [] };
  }
  const growth = downToMebibyte(room);
  if (growth === 0) return { changes, notes: [] };
  const grows = growing(slots, layout, growth);
  if (!grows) return { changes, notes: [unused(slots, growth, layout)] };
  (changes[slots.indexOf(grows)] as Change).size = growth;
  return { changes, notes: [] };
};

const describe = (from: Partition, to: Partition): string[] => {
  const difference = to.sizeBytes - from.sizeBytes;
  const shift = to.firstByte - from.firstByte;
  const words = [
    ...(difference > 0 ? [`grows by ${gib(difference)}`] : []),
    ...(difference < 0 ? [`shrinks by ${gib(-difference)}`] : []),
    ...(shift !== 0 ? [`moves by ${gib(Math.abs(shift))} to the ${shift > 0 ? 'end' : 'front'}`] : []),
  ];
  return words.length > 0 ? [`${name(from)} ${words.join(' and ')}`] : [];
};

/** The volumes of the slot: the partition's, and the gap before it, which keeps its distance. */
const placementsOf = (slot: Slot, to: Partition, volumes: readonly Volume[]): Placement[] => {
  const { partition, spaceBefore } = slot;
  const shift = to.firstByte - partition.firstByte;
  return volumes.flatMap((volume): Placement[] => {
    if (volume.partition === partition.number)
      return [{ volume, firstByte: to.firstByte, sizeBytes: to.sizeBytes }];
    const isBefore =
      volume.kind === 'gap' &&
      volume.firstByte < partition.firstByte &&
      volume.firstByte >= partition.firstByte - spaceBefore;
    return isBefore ? [{ volume, firstByte: volume.firstByte + shift, sizeBytes: volume.sizeBytes }] : [];
  });
};

/**
 * Where everything of the image goes on this disk: the same, a larger or a smaller one. The order of the partitions, their numbers and
 * GUIDs stay, and each moves and changes by whole mebibytes. Throws DISK_TOO_SMALL, which tells how much is missing. Pure.
 */
export const planFit = (contents: Contents, disk: TargetDisk, layout: Layout = 'keep'): FitPlan => {
  const { table, volumes } = contents;
  const slots = slotsOf(contents);
  const { changes, notes } = decideChanges(slots, table, disk, layout);
  const fitted: Partition[] = [];
  let at = 0;
  for (const [position, { partition, spaceBefore }] of slots.entries()) {
    const { size, space } = changes[position] as Change;
    const firstByte = at + spaceBefore + space;
    fitted.push({ ...partition, firstByte, sizeBytes: partition.sizeBytes + size });
    at = firstByte + partition.sizeBytes + size;
  }
  const byNumber = fitted.toSorted((one, other) => one.number - other.number);
  const heads = volumes.filter(({ kind }) => kind === 'head');
  return {
    table: { ...table, sectorBytes: disk.logicalSectorBytes, partitions: byNumber },
    placements: [
      ...heads.map((volume) => ({ volume, firstByte: volume.firstByte, sizeBytes: volume.sizeBytes })),
      ...slots.flatMap((slot, position) => placementsOf(slot, fitted[position] as Partition, volumes)),
    ],
    notes: [
      ...slots.flatMap(({ partition }, position) => describe(partition, fitted[position] as Partition)),
      ...notes,
    ],
  };
};
