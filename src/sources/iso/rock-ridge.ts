import { sourceFault } from '../source-fault.ts';
import type { ImageBytes } from './image-bytes.ts';

/** What POSIX knows of a file and ISO 9660 does not (IEEE P1282, "Rock Ridge Interchange Protocol"). */
export interface RockRidge {
  /** NM */
  name?: string;
  /** SL */
  target?: string;
  /** CL: the folder is elsewhere, at this block. */
  movedTo?: number;
  /** RE: a folder that another place shows. */
  isMoved: boolean;
}

/** The field of a record, IEEE P1281 section 4.1: signature, length with these four bytes, version, data. */
interface Field {
  signature: string;
  data: Buffer;
}

const continuationsAtMost = 64;

function* fieldsIn(area: Buffer): Generator<Field> {
  for (let at = 0; at + 4 <= area.length; ) {
    const length = area[at + 2] ?? 0;
    // What is left is padding.
    if (length < 4 || at + length > area.length) return;
    yield { signature: area.toString('latin1', at, at + 2), data: area.subarray(at + 4, at + length) };
    at += length;
  }
}

/** Bytes to skip in each record, from SP in the first record of the root (P1281 section 5.3); `undefined` without Rock Ridge. */
export const skipOf = (rootSystemUse: Buffer): number | undefined => {
  const [first] = fieldsIn(rootSystemUse);
  if (first?.signature !== 'SP' || first.data.length < 3 || first.data.readUInt16BE(0) !== 0xbeef)
    return undefined;
  return first.data[2];
};

/** All fields, through the continuation areas that CE names (P1281 section 5.1). */
const allFields = async (image: ImageBytes, systemUse: Buffer, blockBytes: number): Promise<Field[]> => {
  const fields: Field[] = [];
  let area: Buffer | undefined = systemUse;
  for (let followed = 0; area; followed++) {
    if (followed > continuationsAtMost) throw sourceFault('the description of a file in it goes in a circle');
    let next: Buffer | undefined;
    for (const field of fieldsIn(area)) {
      if (field.signature === 'ST') break;
      if (field.signature === 'CE' && field.data.length >= 24) {
        const at = field.data.readUInt32LE(0) * blockBytes + field.data.readUInt32LE(8);
        next = await image.readFolder([{ at, sizeBytes: field.data.readUInt32LE(16) }]);
      } else fields.push(field);
    }
    area = next;
  }
  return fields;
};

/** The components of SL (P1282 section 4.1.3): flags, length, text. */
const componentsOf = (data: Buffer): { text: string; goesOn: boolean }[] => {
  const found = [];
  for (let at = 1; at + 2 <= data.length; ) {
    const flags = data[at] ?? 0;
    const length = data[at + 1] ?? 0;
    const said = data.toString('utf8', at + 2, Math.min(at + 2 + length, data.length));
    const text = flags & 8 ? '' : flags & 4 ? '..' : flags & 2 ? '.' : said;
    found.push({ text, goesOn: (flags & 1) !== 0 });
    at += 2 + length;
  }
  return found;
};

const targetOf = (links: readonly Buffer[]): string => {
  const parts: string[] = [];
  let isOpen = false;
  for (const { text, goesOn } of links.flatMap(componentsOf)) {
    if (isOpen) parts.push(`${parts.pop()}${text}`);
    else parts.push(text);
    isOpen = goesOn;
  }
  return parts.length === 1 && parts[0] === '' ? '/' : parts.join('/');
};

export const readRockRidge = async (
  image: ImageBytes,
  systemUse: Buffer,
  blockBytes: number,
): Promise<RockRidge> => {
  const fields = await allFields(image, systemUse, blockBytes);
  const dataOf = (signature: string) =>
    fields.filter((field) => field.signature === signature).map(({ data }) => data);
  const names = dataOf('NM').map((data) => data.subarray(1));
  const links = dataOf('SL');
  const [moved] = dataOf('CL');
  return {
    ...(names.length > 0 && { name: Buffer.concat(names).toString('utf8') }),
    ...(links.length > 0 && { target: targetOf(links) }),
    ...(moved && moved.length >= 4 && { movedTo: moved.readUInt32LE(0) }),
    isMoved: dataOf('RE').length > 0,
  };
};
