import type { Stretch } from '../../http/send-bytes.ts';
import type { FileTree, TreeFile } from '../file-tree.ts';
import { sourceFault } from '../source-fault.ts';
import { type ImageBytes, joined, provenName } from './image-bytes.ts';

/** On optical media and their images (OSTA UDF section 2.2.4). */
const blockBytes = 2048;
const anchorBlock = 256;
/** Tag identifiers: ECMA-167 3/7.2.1 and 4/7.2.1. */
const tags = {
  anchor: 2,
  partition: 5,
  logicalVolume: 6,
  end: 8,
  fileSet: 256,
  name: 257,
  file: 261,
  extendedFile: 266,
};
const blocksOfAreaAtMost = 256;
const continuationsAtMost = 4096;

/** A logical block of a partition and how many bytes are there (long_ad, ECMA-167 4/14.14.2). */
interface LongAddress {
  sizeBytes: number;
  /** 0: recorded; 1 and 2: nothing was written there; 3: more descriptors are there. */
  kind: number;
  block: number;
  partition: number;
}

const longAddress = (bytes: Buffer, at: number): LongAddress => ({
  sizeBytes: bytes.readUInt32LE(at) & 0x3fffffff,
  kind: bytes.readUInt32LE(at) >>> 30,
  block: bytes.readUInt32LE(at + 4),
  partition: bytes.readUInt16LE(at + 8),
});

/** The tag's identifier, if its checksum is right (ECMA-167 3/7.2.3). */
const tagOf = (bytes: Buffer): number | undefined => {
  let sum = 0;
  for (let at = 0; at < 16; at++) if (at !== 4) sum += bytes[at] ?? 0;
  return (sum & 0xff) === bytes[4] ? bytes.readUInt16LE(0) : undefined;
};

/** Text with its compression identifier in front: bytes of Latin-1 or of UTF-16BE (OSTA UDF section 2.1.1). */
const decodeText = (bytes: Buffer): string => {
  const text = bytes.subarray(1);
  if (bytes[0] === 8) return text.toString('latin1');
  if (bytes[0] !== 16) throw sourceFault('a name in it is in no known encoding');
  return Buffer.from(text.subarray(0, text.length & ~1))
    .swap16()
    .toString('utf16le');
};

export interface UdfVolume {
  label: string;
  /** Where the partitions begin, in the order of the volume's map. */
  partitionStarts: number[];
  fileSet: LongAddress;
}

/** Whether the volume recognition sequence names NSR (ECMA-167 3/9.1). */
const isUdf = async (image: ImageBytes): Promise<boolean> => {
  for (let sector = 16; sector < 64 && (sector + 1) * blockBytes <= image.sizeBytes; sector++) {
    const id = (await image.read(sector * blockBytes, 8)).toString('latin1', 1, 6);
    if (/^NSR0[23]$/.test(id)) return true;
    if (!/^(CD001|BEA01|BOOT2|TEA01|CDW02)$/.test(id)) return false;
  }
  return false;
};

/** Partition map entries (ECMA-167 3/10.7): type 1 names a partition by its number. */
const partitionsOf = (volume: Buffer, starts: ReadonlyMap<number, number>): number[] => {
  const found: number[] = [];
  const mapCount = volume.readUInt32LE(268);
  for (let at = 440; found.length < mapCount; at += 6) {
    const start = at + 6 <= volume.length ? starts.get(volume.readUInt16LE(at + 4)) : undefined;
    if (volume[at] !== 1 || start === undefined)
      throw sourceFault(
        'its UDF partitions are virtual, sparable or of metadata, as on rewritable media; make a plain ISO of it',
      );
    found.push(start);
  }
  return found;
};

/** The volume; `undefined` if this is no UDF image. */
export const readUdfVolume = async (image: ImageBytes): Promise<UdfVolume | undefined> => {
  if (!(await isUdf(image))) return undefined;
  const anchor = await image.read(anchorBlock * blockBytes, 512);
  if (tagOf(anchor) !== tags.anchor) throw sourceFault('its UDF volume has no anchor');
  const starts = new Map<number, number>();
  let volume: Buffer | undefined;
  const areaBlocks = Math.min(anchor.readUInt32LE(16) / blockBytes, blocksOfAreaAtMost);
  for (let number = 0; number < areaBlocks; number++) {
    const block = await image.read((anchor.readUInt32LE(20) + number) * blockBytes, blockBytes);
    const tag = tagOf(block);
    if (tag === tags.end || tag === undefined) break;
    if (tag === tags.partition) starts.set(block.readUInt16LE(22), block.readUInt32LE(188));
    if (tag === tags.logicalVolume) volume = block;
  }
  if (!volume) throw sourceFault('its UDF volume is not described');
  if (volume.readUInt32LE(212) !== blockBytes)
    throw sourceFault(
      `its UDF volume has blocks of ${volume.readUInt32LE(212)} bytes instead of ${blockBytes}`,
    );
  const labelBytes = Math.min(volume[211] ?? 0, 127);
  return {
    label: labelBytes > 1 ? decodeText(volume.subarray(84, 84 + labelBytes)).trim() : '',
    partitionStarts: partitionsOf(volume, starts),
    fileSet: longAddress(volume, 248),
  };
};

/** A file entry (ECMA-167 4/14.9, 4/14.17): what it is, and where its bytes are. */
interface FileEntry {
  isFolder: boolean;
  isLink: boolean;
  stretches: Stretch[];
}

/** What a file identifier descriptor says (ECMA-167 4/14.4). */
interface Identifier {
  name: string;
  isDeleted: boolean;
  isParent: boolean;
  entry: LongAddress;
}

function* identifiersIn(folder: Buffer): Generator<Identifier> {
  for (let at = 0; at + 38 <= folder.length; ) {
    const head = folder.subarray(at, at + 38);
    if (tagOf(head) !== tags.name) throw sourceFault('a UDF folder in it is damaged');
    const flags = head[18] ?? 0;
    const nameAt = at + 38 + head.readUInt16LE(36);
    const nameEnd = nameAt + (head[19] ?? 0);
    if (nameEnd > folder.length) throw sourceFault('a UDF folder in it is cut short');
    const isParent = (flags & 8) !== 0;
    const isDeleted = (flags & 4) !== 0;
    yield {
      name: isParent || isDeleted ? '' : decodeText(folder.subarray(nameAt, nameEnd)),
      isDeleted,
      isParent,
      entry: longAddress(head, 20),
    };
    at = Math.ceil(nameEnd / 4) * 4;
  }
}

class Walk {
  readonly #image: ImageBytes;
  readonly #starts: readonly number[];
  readonly #seen = new Set<number>();
  readonly #waiting: { path: string; stretches: Stretch[] }[] = [];
  readonly files: TreeFile[] = [];

  constructor(image: ImageBytes, { partitionStarts }: UdfVolume) {
    this.#image = image;
    this.#starts = partitionStarts;
  }

  async run(fileSet: LongAddress): Promise<void> {
    const set = await this.#image.read(this.#place(fileSet), 512);
    if (tagOf(set) !== tags.fileSet) throw sourceFault('its UDF file set is missing');
    const root = longAddress(set, 400);
    const { stretches } = await this.#entry(root);
    this.#waiting.push({ path: '', stretches });
    for (let folder = this.#waiting.pop(); folder; folder = this.#waiting.pop())
      await this.#read(folder.path, folder.stretches);
  }

  #place({ block, partition }: Pick<LongAddress, 'block' | 'partition'>): number {
    const start = this.#starts[partition];
    if (start === undefined) throw sourceFault(`its UDF volume has no partition ${partition}`);
    return (start + block) * blockBytes;
  }

  async #read(path: string, stretches: readonly Stretch[]): Promise<void> {
    for (const { name, isDeleted, isParent, entry: address } of identifiersIn(
      await this.#image.readFolder(stretches),
    )) {
      if (isDeleted || isParent) continue;
      this.#image.countEntry();
      const own = `${path}${path && '/'}${provenName(name)}`;
      const entry = await this.#entry(address);
      // UDF has links of its own kind; media that need them have Rock Ridge as well.
      if (entry.isLink) continue;
      if (entry.isFolder) this.#pushFolder(own, address, entry);
      else this.files.push({ path: own, stretches: entry.stretches });
    }
  }

  #pushFolder(path: string, address: LongAddress, { stretches }: FileEntry): void {
    const place = this.#place(address);
    if (this.#seen.has(place)) throw sourceFault('its folders contain each other');
    this.#seen.add(place);
    this.#waiting.push({ path, stretches });
  }

  async #entry(address: LongAddress): Promise<FileEntry> {
    const place = this.#place(address);
    const bytes = await this.#image.read(place, blockBytes);
    const tag = tagOf(bytes);
    if (tag !== tags.file && tag !== tags.extendedFile)
      throw sourceFault('a UDF file entry in it is damaged');
    const headBytes = tag === tags.file ? 176 : 216;
    const descriptorsAt = headBytes + bytes.readUInt32LE(headBytes - 8);
    const descriptorBytes = bytes.readUInt32LE(headBytes - 4);
    if (descriptorsAt + descriptorBytes > blockBytes) throw sourceFault('a UDF file entry in it is damaged');
    const sizeBytes = Number(bytes.readBigUInt64LE(56));
    const fileType = bytes[27];
    const form = bytes.readUInt16LE(34) & 7;
    const inside = { at: place + descriptorsAt, sizeBytes: descriptorBytes };
    const stretches =
      form === 3
        ? [inside]
        : await this.#stretches(
            bytes.subarray(descriptorsAt, descriptorsAt + descriptorBytes),
            form,
            address.partition,
          );
    return {
      isFolder: fileType === 4,
      isLink: fileType === 12,
      stretches: upTo(sizeBytes, joined(stretches)),
    };
  }

  /** Allocation descriptors, short (form 0) or long (1), which may go on in blocks of their own (ECMA-167 4/12.1, 4/14.5). */
  async #stretches(first: Buffer, form: number, partition: number): Promise<Stretch[]> {
    const stepBytes = [8, 16][form];
    if (stepBytes === undefined) throw sourceFault('a UDF file in it lies in an unknown way');
    const found: Stretch[] = [];
    let descriptors = first;
    let followed = 0;
    for (let at = 0; at + stepBytes <= descriptors.length; at += stepBytes) {
      const address = form === 1 ? longAddress(descriptors, at) : shortAddress(descriptors, at, partition);
      if (address.sizeBytes === 0) break;
      if (address.kind === 0)
        found.push(this.#image.within({ at: this.#place(address), sizeBytes: address.sizeBytes }));
      else if (address.kind !== 3) throw sourceFault('a UDF file in it has holes');
      else {
        if (++followed > continuationsAtMost) throw sourceFault('a UDF file in it goes in a circle');
        const block = await this.#image.readFolder([{ at: this.#place(address), sizeBytes: blockBytes }]);
        descriptors = block.subarray(24, Math.min(24 + block.readUInt32LE(20), blockBytes));
        at = -stepBytes;
      }
    }
    return found;
  }
}

/** short_ad (ECMA-167 4/14.14.1): in the partition of the file entry. */
const shortAddress = (bytes: Buffer, at: number, partition: number): LongAddress => ({
  sizeBytes: bytes.readUInt32LE(at) & 0x3fffffff,
  kind: bytes.readUInt32LE(at) >>> 30,
  block: bytes.readUInt32LE(at + 4),
  partition,
});

/** What lies beyond the file's length is not its. Throws SOURCE_INVALID when there is less. */
const upTo = (sizeBytes: number, stretches: readonly Stretch[]): Stretch[] => {
  const kept: Stretch[] = [];
  let left = sizeBytes;
  for (const stretch of stretches) {
    const taken = Math.min(left, stretch.sizeBytes);
    if (taken > 0) kept.push({ at: stretch.at, sizeBytes: taken });
    left -= taken;
  }
  if (left > 0) throw sourceFault('a UDF file in it is shorter than it says');
  return kept;
};

/** The files of the volume. Throws SOURCE_INVALID for an image that is damaged, cut short or leads in circles. */
export const readUdfTree = async (image: ImageBytes, volume: UdfVolume): Promise<FileTree> => {
  const walk = new Walk(image, volume);
  await walk.run(volume.fileSet);
  return { files: walk.files, links: [], anyCase: true };
};
