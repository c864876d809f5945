import type { Stretch } from '../../../src/image/disk/stretches.ts';
import { Random } from '../../e2e/fuzz/random.ts';

const sector = 512;
const kibibyte = 1024;
export const headBytes = 64 * kibibyte;

/** What all contents are cut from, so that making them costs no more than a copy. The same in every run. */
const pool = Buffer.alloc(8 * 1024 * kibibyte);
const fill = new Random(4711);
for (let at = 0; at < pool.length; at += 4) pool.writeUInt32LE(fill.below(2 ** 32), at);

/** A disk: its partitions in disk order, each with its content, a whole number of sectors long. */
export interface RandomDisk {
  partitions: { firstByte: number; content: Buffer }[];
}

const upTo = (random: Random, bytes: number): number => 1 + random.below(bytes);
const sectors = (bytes: number): number => Math.max(1, Math.round(bytes / sector)) * sector;

const randomBytes = (random: Random, length: number): Buffer => {
  const at = random.below(pool.length - length);
  return pool.subarray(at, at + length);
};

/** Cases differ in size too: most are small, so that thousands are quick. */
const part = (random: Random): Buffer => {
  const length = upTo(random, (random.below(8) === 0 ? 400 : 90) * kibibyte);
  const kind = random.below(20);
  if (kind === 0) return Buffer.alloc(length * 3);
  // Longer than what the disk is left to zero by itself.
  if (kind === 19) return Buffer.alloc(4 * 1024 * kibibyte + length * 5);
  if (kind < 3) return Buffer.alloc(length, 'the same again ');
  return randomBytes(random, length);
};

const toSectors = (content: Buffer): Buffer =>
  Buffer.concat([content, Buffer.alloc(sectors(content.length + sector / 2) - content.length)]).subarray(
    0,
    sectors(content.length),
  );

export const randomDisk = (random: Random): RandomDisk => {
  let at = headBytes;
  const partitions = Array.from({ length: 1 + random.below(3) }, () => {
    const parts = Array.from({ length: 1 + random.below(5) }, () => part(random));
    const firstByte = at + random.below(3) * 64 * kibibyte;
    const content = toSectors(Buffer.concat(parts));
    at = firstByte + content.length;
    return { firstByte, content };
  });
  return { partitions };
};

type Edit = (content: Buffer, random: Random) => Buffer;

const range = (content: Buffer, random: Random): [number, number] => {
  const from = random.below(content.length);
  return [from, Math.min(content.length, from + upTo(random, 200 * kibibyte))];
};

/** What happens to a volume between two versions of an image, or on a PC in use. */
const edits: Edit[] = [
  (content) => content,
  function insert(content, random) {
    const at = random.below(content.length);
    return Buffer.concat([content.subarray(0, at), part(random), content.subarray(at)]);
  },
  function remove(content, random) {
    const [from, end] = range(content, random);
    return Buffer.concat([content.subarray(0, from), content.subarray(end)]);
  },
  function zero(content, random) {
    return Buffer.from(content).fill(0, ...range(content, random));
  },
  function overwrite(content, random) {
    const changed = Buffer.from(content);
    const [from, end] = range(content, random);
    randomBytes(random, end - from).copy(changed, from);
    return changed;
  },
  function swapBlocks(content, random) {
    const changed = Buffer.from(content);
    const length = Math.min(upTo(random, 150 * kibibyte), content.length);
    const [one, other] = [
      random.below(content.length - length + 1),
      random.below(content.length - length + 1),
    ];
    content.copy(changed, one, other, other + length);
    content.copy(changed, other, one, one + length);
    return changed;
  },
  function rotate(content, random) {
    const at = random.below(content.length);
    return Buffer.concat([content.subarray(at), content.subarray(0, at)]);
  },
  function shuffle(content, random) {
    const step = 48 * kibibyte + random.below(64 * kibibyte);
    const blocks: Buffer[] = [];
    for (let at = 0; at < content.length; at += step) blocks.push(content.subarray(at, at + step));
    for (let left = blocks.length; left > 1; left--) blocks.push(...blocks.splice(random.below(left), 1));
    return Buffer.concat(blocks);
  },
  function shrink(content) {
    return content.subarray(0, sectors(content.length / 2));
  },
  function grow(content, random) {
    return Buffer.concat([content, Buffer.alloc(upTo(random, 500 * kibibyte))]);
  },
];

const editContent = (content: Buffer, random: Random): Buffer => {
  let changed = content;
  for (let count = random.below(4); count > 0; count--) {
    const edited = random.pick(edits)(changed, random);
    if (edited.length > 0) changed = edited;
  }
  return toSectors(changed);
};

/** The next version: contents edited, exchanged between partitions, partitions shifted, taken away or added. */
export const editDisk = ({ partitions }: RandomDisk, random: Random): RandomDisk => {
  let contents = partitions.map(({ content }) => editContent(content, random));
  const change = random.below(8);
  if (change === 0) contents = contents.toReversed();
  if (change === 1 && contents.length > 1) contents = contents.slice(1);
  if (change === 2) contents.push(toSectors(part(random)));
  const shift = random.below(2) * sectors(upTo(random, 200 * kibibyte));
  let at = headBytes + shift;
  return {
    partitions: contents.map((content, position) => {
      const firstByte = shift === 0 ? Math.max(at, partitions[position]?.firstByte ?? at) : at;
      at = firstByte + content.length;
      return { firstByte, content };
    }),
  };
};

export const endOfDisk = ({ partitions }: RandomDisk): number =>
  Math.max(...partitions.map(({ firstByte, content }) => firstByte + content.length));

export const stretchesOf = ({ partitions }: RandomDisk): Stretch[] => [
  { kind: 'head', firstByte: 0, sizeBytes: headBytes },
  ...partitions.map(({ firstByte, content }, position) => ({
    kind: 'partition' as const,
    partition: position + 1,
    firstByte,
    sizeBytes: content.length,
  })),
];

/** The disk's bytes: boot code, an MBR with its partitions, their contents; what lies between is left as it was. */
export const putOnto = ({ partitions }: RandomDisk, bytes: Buffer): Buffer => {
  randomBytes(new Random(partitions.length), headBytes).copy(bytes);
  bytes.fill(0, 446, 510);
  for (const [position, { firstByte, content }] of partitions.slice(0, 4).entries()) {
    bytes[446 + 16 * position + 4] = 0x83;
    bytes.writeUInt32LE(firstByte / sector, 446 + 16 * position + 8);
    bytes.writeUInt32LE(content.length / sector, 446 + 16 * position + 12);
  }
  bytes.writeUInt16LE(0xaa55, 510);
  for (const { firstByte, content } of partitions) content.copy(bytes, firstByte);
  return bytes;
};

export const garbage = (length: number): Buffer => {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += pool.length) pool.copy(bytes, at);
  return bytes;
};
