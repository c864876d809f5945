import type { ReadAt } from './invalid-table.ts';

/** MFT record 6 is `$Bitmap`: a bit a cluster. */
const bitmapRecord = 6;
const dataAttribute = 0x80;
const endOfAttributes = 0xffff_ffff;
/** A volume of 256 TiB has more; nobody images one. */
const largestBitmap = 512 * 1024 * 1024;

const bitsIn = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length);

interface Run {
  firstCluster: number;
  clusters: number;
}

const fault = (problem: string): Error => new Error(`no NTFS that can be measured: ${problem}`);

/** The last two bytes of each sector of a record stand in its update sequence array (NTFS's protection against torn writes). */
const withoutFixups = (record: Buffer): Buffer => {
  const at = record.readUInt16LE(4);
  const count = record.readUInt16LE(6);
  const stride = record.length / Math.max(1, count - 1);
  for (let part = 1; part < count; part++)
    record.copy(record, part * stride - 2, at + part * 2, at + part * 2 + 2);
  return record;
};

/** The place of an attribute's data: pairs of lengths and signed distances, each as short as it can be. */
const runsOf = (attribute: Buffer): Run[] => {
  const runs: Run[] = [];
  let at = attribute.readUInt16LE(32);
  for (let cluster = 0; ; ) {
    const head = attribute.readUInt8(at++);
    const lengthBytes = head & 0x0f;
    const placeBytes = head >> 4;
    if (head === 0) return runs;
    if (lengthBytes === 0 || lengthBytes > 6 || placeBytes === 0 || placeBytes > 6)
      throw fault('a hole in its bitmap');
    const clusters = attribute.readUIntLE(at, lengthBytes);
    cluster += attribute.readIntLE(at + lengthBytes, placeBytes);
    at += lengthBytes + placeBytes;
    runs.push({ firstCluster: cluster, clusters });
  }
};

const dataOf = (record: Buffer): Buffer => {
  for (let at = record.readUInt16LE(20); record.readUInt32LE(at) !== endOfAttributes; ) {
    const length = record.readUInt32LE(at + 4);
    if (length < 24) throw fault('an attribute without a length');
    const attribute = record.subarray(at, at + length);
    if (attribute.readUInt32LE(0) === dataAttribute && attribute.readUInt8(9) === 0) return attribute;
    at += length;
  }
  throw fault('its bitmap has no data');
};

/** A negative count is a power of two in bytes, a positive one counts clusters. */
const recordBytes = (count: number, clusterBytes: number): number =>
  count < 0 ? 2 ** -count : count * clusterBytes;

/** Bytes in used clusters of an NTFS volume, from its `$Bitmap`. Throws for anything that is not one. */
export const ntfsClusters = async (read: ReadAt, sizeBytes: number): Promise<number> => {
  const boot = await read(0, 512);
  const sectorBytes = boot.readUInt16LE(11);
  const perCluster = boot.readUInt8(13);
  const clusterBytes = sectorBytes * (perCluster > 0x80 ? 2 ** (256 - perCluster) : perCluster);
  const size = recordBytes(boot.readInt8(64), clusterBytes);
  if (boot.toString('latin1', 3, 7) !== 'NTFS' || clusterBytes < 512 || size < 512 || size > 65_536)
    throw fault('its boot sector');
  const mft = Number(boot.readBigUInt64LE(48)) * clusterBytes;
  const record = await read(mft + bitmapRecord * size, size);
  if (record.toString('latin1', 0, 4) !== 'FILE') throw fault('its master file table');
  const attribute = dataOf(withoutFixups(record));
  if (attribute.readUInt8(8) !== 1) throw fault('its bitmap lies in the table itself');
  let left = Math.min(
    Number(attribute.readBigUInt64LE(48)),
    Math.ceil(sizeBytes / clusterBytes / 8),
    largestBitmap,
  );
  let used = 0;
  for (const { firstCluster, clusters } of runsOf(attribute)) {
    const bytes = await read(firstCluster * clusterBytes, Math.min(left, clusters * clusterBytes));
    for (const byte of bytes) used += bitsIn[byte] ?? 0;
    left -= bytes.length;
    if (left <= 0) break;
  }
  // Bits behind the last cluster are set.
  return Math.min(used * clusterBytes, sizeBytes);
};
