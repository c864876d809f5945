import type { Stretch } from '../../http/send-bytes.ts';
import type { FileTree, TreeFile, TreeLink } from '../file-tree.ts';
import { sourceFault } from '../source-fault.ts';
import { type ImageBytes, joined, provenName } from './image-bytes.ts';
import { type RockRidge, readRockRidge, skipOf } from './rock-ridge.ts';

/** ECMA-119 section 6.2.1 */
const sectorBytes = 2048;
const firstDescriptor = 16;
const descriptorsAtMost = 64;
const isFolder = 2;
const goesOn = 0x80;

/** A volume of the image: the primary one, or that with Joliet's names. */
export interface IsoVolume {
  label: string;
  blockBytes: number;
  /** The root's directory record. */
  root: Buffer;
  names: 'iso' | 'joliet';
}

/** A directory record (ECMA-119 section 9.1). */
interface DirectoryRecord {
  block: number;
  sizeBytes: number;
  flags: number;
  name: Buffer;
  systemUse: Buffer;
}

const isJoliet = (descriptor: Buffer): boolean =>
  ['%/@', '%/C', '%/E'].includes(descriptor.toString('latin1', 88, 91));

/** Volumes by type, from the descriptors (ECMA-119 section 8); none if this is no ISO 9660 image. */
export const readVolumes = async (
  image: ImageBytes,
): Promise<{ primary?: IsoVolume; joliet?: IsoVolume }> => {
  const volumes: { primary?: IsoVolume; joliet?: IsoVolume } = {};
  for (let number = firstDescriptor; number < firstDescriptor + descriptorsAtMost; number++) {
    if ((number + 1) * sectorBytes > image.sizeBytes) break;
    const descriptor = await image.read(number * sectorBytes, sectorBytes);
    const [type] = descriptor;
    if (descriptor.toString('latin1', 1, 6) !== 'CD001' || type === 255) break;
    const blockBytes = descriptor.readUInt16LE(128);
    const root = descriptor.subarray(156, 190);
    if (type === 1)
      volumes.primary = {
        label: descriptor.toString('latin1', 40, 72).trim(),
        blockBytes,
        root,
        names: 'iso',
      };
    if (type === 2 && isJoliet(descriptor))
      volumes.joliet = {
        label: Buffer.from(descriptor.subarray(40, 72)).swap16().toString('utf16le').trim(),
        blockBytes,
        root,
        names: 'joliet',
      };
  }
  return volumes;
};

const decodeRecord = (record: Buffer): DirectoryRecord => {
  const nameBytes = record[32] ?? 0;
  const nameEnd = 33 + nameBytes;
  if (record.length < 34 || nameEnd > record.length)
    throw sourceFault('a record of a folder in it is damaged');
  return {
    block: record.readUInt32LE(2) + (record[1] ?? 0),
    sizeBytes: record.readUInt32LE(10),
    flags: record[25] ?? 0,
    name: record.subarray(33, nameEnd),
    systemUse: record.subarray(nameEnd + (nameBytes % 2 === 0 ? 1 : 0)),
  };
};

/** Records never cross a sector; what is left of one is zeros. */
function* recordsIn(folder: Buffer): Generator<DirectoryRecord> {
  for (let at = 0; at < folder.length; ) {
    const length = folder[at] ?? 0;
    if (length === 0) {
      at = (Math.floor(at / sectorBytes) + 1) * sectorBytes;
      continue;
    }
    yield decodeRecord(folder.subarray(at, at + length));
    at += length;
  }
}

/** `FILE.TXT;1` → `file.txt`, as Linux shows it. */
const plainName = (name: Buffer): string =>
  name.toString('latin1').replace(/;\d+$/, '').replace(/\.$/, '').toLowerCase();

const jolietName = (name: Buffer): string =>
  Buffer.from(name.subarray(0, name.length & ~1))
    .swap16()
    .toString('utf16le')
    .replace(/;\d+$/, '');

const isSelfOrParent = ({ name }: DirectoryRecord): boolean => name.length === 1 && (name[0] ?? 9) < 2;

interface Folder {
  path: string;
  stretch: Stretch;
}

/** Walks the folders of one volume. */
class Walk {
  readonly #image: ImageBytes;
  readonly #volume: IsoVolume;
  readonly #seen = new Set<number>();
  readonly #waiting: Folder[] = [];
  /** Bytes to skip before Rock Ridge's fields; `undefined` when the volume has none. */
  #skip: number | undefined;
  readonly files: TreeFile[] = [];
  readonly links: TreeLink[] = [];

  constructor(image: ImageBytes, volume: IsoVolume) {
    this.#image = image;
    this.#volume = volume;
  }

  get hasRockRidge(): boolean {
    return this.#skip !== undefined;
  }

  async run(): Promise<void> {
    const root = this.#stretch(decodeRecord(this.#volume.root));
    if (this.#volume.names === 'iso') {
      const [self] = recordsIn(await this.#image.readFolder([root]));
      this.#skip = self && skipOf(self.systemUse);
    }
    this.#waiting.push({ path: '', stretch: root });
    for (let folder = this.#waiting.pop(); folder; folder = this.#waiting.pop()) await this.#read(folder);
  }

  #stretch({ block, sizeBytes }: Pick<DirectoryRecord, 'block' | 'sizeBytes'>): Stretch {
    return { at: block * this.#volume.blockBytes, sizeBytes };
  }

  async #read({ path, stretch }: Folder): Promise<void> {
    if (this.#seen.has(stretch.at)) throw sourceFault('its folders contain each other');
    this.#seen.add(stretch.at);
    let parts: Stretch[] = [];
    for (const record of recordsIn(await this.#image.readFolder([stretch]))) {
      if (isSelfOrParent(record)) continue;
      this.#image.countEntry();
      const more = await this.#rockRidge(record);
      const own = `${path}${path && '/'}${provenName(more?.name ?? this.#name(record))}`;
      if (more?.isMoved) continue;
      if (more?.movedTo !== undefined) await this.#pushMoved(own, more.movedTo);
      else if (more?.target !== undefined) this.links.push({ path: own, target: more.target });
      else if (record.flags & isFolder) this.#waiting.push({ path: own, stretch: this.#stretch(record) });
      else {
        if (record.sizeBytes > 0) parts.push(this.#image.within(this.#stretch(record)));
        if (record.flags & goesOn) continue;
        this.files.push({ path: own, stretches: joined(parts) });
        parts = [];
      }
    }
  }

  #name({ name }: DirectoryRecord): string {
    return this.#volume.names === 'joliet' ? jolietName(name) : plainName(name);
  }

  async #rockRidge({ systemUse }: DirectoryRecord): Promise<RockRidge | undefined> {
    if (this.#skip === undefined) return undefined;
    return readRockRidge(this.#image, systemUse.subarray(this.#skip), this.#volume.blockBytes);
  }

  /** A folder that lies elsewhere tells its own size in its first record. */
  async #pushMoved(path: string, block: number): Promise<void> {
    const start = await this.#image.read(block * this.#volume.blockBytes, 256);
    const self = decodeRecord(start.subarray(0, start[0]));
    this.#waiting.push({ path, stretch: this.#stretch({ block, sizeBytes: self.sizeBytes }) });
  }
}

/** The files of a volume. Throws SOURCE_INVALID for an image that is damaged, cut short or leads in circles. */
export const readIsoTree = async (
  image: ImageBytes,
  volume: IsoVolume,
): Promise<FileTree & { hasRockRidge: boolean }> => {
  const walk = new Walk(image, volume);
  await walk.run();
  const { files, links, hasRockRidge } = walk;
  return { files, links, hasRockRidge, anyCase: !hasRockRidge };
};
