import { invalidTable } from '../disk/invalid-table.ts';
import type { Partition, PartitionTable } from '../format/manifest.ts';
import type { TablePatch } from './encode-table.ts';

const sectorBytes = 512;
const mebibyte = 1024 * 1024;
const signatureAt = 440;
const entriesAt = 446;
const firstLogicalNumber = 5;
/** What a record of a logical partition calls the next one. */
const chainType = '05';

interface Place {
  type: string;
  /** Counted from the start of the disk. */
  firstByte: number;
  sizeBytes: number;
  bootable?: boolean | undefined;
}

/** Cylinder, head and sector by the geometry that everybody assumes (255 heads, 63 sectors); beyond cylinder 1023 the largest there are. */
const encodeChs = (sector: number): number[] => {
  const cylinder = Math.floor(sector / (255 * 63));
  if (cylinder > 1023) return [0xfe, 0xff, 0xff];
  const head = Math.floor(sector / 63) % 255;
  return [head, (sector % 63) + 1 + ((cylinder >> 2) & 0xc0), cylinder & 0xff];
};

/** @param base where the entry counts from, in bytes. */
const encodeEntry = ({ type, firstByte, sizeBytes, bootable }: Place, base: number): Buffer => {
  const entry = Buffer.alloc(16);
  const first = firstByte / sectorBytes;
  const sectors = sizeBytes / sectorBytes;
  entry[0] = bootable ? 0x80 : 0;
  Buffer.from(encodeChs(first)).copy(entry, 1);
  entry[4] = Number.parseInt(type, 16);
  Buffer.from(encodeChs(first + sectors - 1)).copy(entry, 5);
  entry.writeUInt32LE((firstByte - base) / sectorBytes, 8);
  entry.writeUInt32LE(sectors, 12);
  return entry;
};

const endOf = ({ firstByte, sizeBytes }: { firstByte: number; sizeBytes: number }): number =>
  firstByte + sizeBytes;

interface Logical {
  partition: Partition;
  /** Where its record lies: in the free space before it. */
  recordByte: number;
}

const logicalsOf = ({ partitions }: PartitionTable): Logical[] => {
  const inOrder = partitions.toSorted((one, other) => one.firstByte - other.firstByte);
  const logicals = inOrder.flatMap((partition, position): Logical[] => {
    if (partition.number < firstLogicalNumber) return [];
    const before = inOrder[position - 1];
    const free = before ? endOf(before) : sectorBytes;
    return [{ partition, recordByte: Math.max(free, partition.firstByte - mebibyte) }];
  });
  const numbers = logicals.map(({ partition }) => partition.number);
  if (numbers.some((number, position) => number !== firstLogicalNumber + position))
    throw invalidTable(
      'its logical partitions are not in the order of the disk, so they can only be kept as they are',
    );
  return logicals;
};

const extendedOf = (
  table: PartitionTable,
  logicals: readonly Logical[],
): (Place & { number: number }) | undefined => {
  const [first] = logicals;
  const last = logicals.at(-1);
  if (!first || !last) return undefined;
  const used = table.partitions.map(({ number }) => number);
  const { number, type } = table.extended ?? {
    number: [1, 2, 3, 4].find((slot) => !used.includes(slot)) ?? 0,
    type: '0f',
  };
  if (number === 0 || used.includes(number)) throw invalidTable('it has no room for the extended partition');
  const firstByte = first.recordByte;
  const inside = table.partitions.find(
    (one) =>
      one.number < firstLogicalNumber && one.firstByte > firstByte && one.firstByte < endOf(last.partition),
  );
  if (inside) throw invalidTable(`partition ${inside.number} lies between logical partitions`);
  return { number, type, firstByte, sizeBytes: endOf(last.partition) - firstByte };
};

const encodeRecord = (
  { partition, recordByte }: Logical,
  next: Logical | undefined,
  extendedByte: number,
): TablePatch => {
  const bytes = Buffer.alloc(sectorBytes);
  encodeEntry(partition, recordByte).copy(bytes, entriesAt);
  if (next) {
    const place = {
      type: chainType,
      firstByte: next.recordByte,
      sizeBytes: endOf(next.partition) - next.recordByte,
    };
    encodeEntry(place, extendedByte).copy(bytes, entriesAt + 16);
  }
  bytes.writeUInt16LE(0xaa55, 510);
  return { firstByte: recordByte, bytes };
};

/** The table in the first sector and the chain of logical partitions. Boot code stays, and the bytes of entries that do not change. Pure. */
export const encodeMbr = (table: PartitionTable, firstSector: Buffer): TablePatch[] => {
  const logicals = logicalsOf(table);
  const extended = extendedOf(table, logicals);
  const sector = Buffer.from(firstSector.subarray(0, sectorBytes));
  sector.writeUInt32LE(Number.parseInt(table.diskId, 16), signatureAt);
  for (const number of [1, 2, 3, 4]) {
    const at = entriesAt + (number - 1) * 16;
    const place =
      extended?.number === number ? extended : table.partitions.find((one) => one.number === number);
    const entry = place ? encodeEntry(place, 0) : Buffer.alloc(16);
    const isSame = [0, 4, 8, 9, 10, 11, 12, 13, 14, 15].every((byte) => sector[at + byte] === entry[byte]);
    // Another geometry than ours may be in there, which old boot code counts by.
    if (!isSame) entry.copy(sector, at);
  }
  sector.writeUInt16LE(0xaa55, 510);
  return [
    ...logicals.map((logical, position) =>
      encodeRecord(logical, logicals[position + 1], extended?.firstByte ?? 0),
    ),
    { firstByte: 0, bytes: sector },
  ];
};
