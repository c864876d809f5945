import { MalformedPacket, Reader } from '../../reader.ts';
import { isByteText } from '../byte-text.ts';
import type { Kind } from './kind.ts';

const longestLabel = 63;
const longestName = 253;
/** The two top bits say: not a label's length but a pointer, whose other 14 bits are an offset (RFC 1035 section 4.1.4). */
const pointer = 0xc0;
const reach = 0x3fff;

const labelOf = (bytes: Buffer): string => {
  const label = bytes.toString('latin1');
  if (/[.\0]/.test(label)) throw new MalformedPacket('a domain label holds a dot or a NUL');
  return label;
};

/** What a pointer at `at` points to. The reader ends where the pointer stands: so no name can run forward or in a circle. */
const follow = (bytes: Buffer, at: number, target: number): Reader => {
  const reader = new Reader(bytes.subarray(0, at));
  reader.take(target);
  return reader;
};

const decodeName = (bytes: Buffer, reader: Reader): string => {
  const labels: string[] = [];
  let source = reader;
  for (let length = -1; ; ) {
    const at = source.position;
    const head = source.u8();
    if (head === 0) break;
    if (head >= pointer) {
      source = follow(bytes, at, ((head & ~pointer) << 8) | source.u8());
      continue;
    }
    if (head > longestLabel) throw new MalformedPacket(`a domain label cannot have ${head} bytes`);
    labels.push(labelOf(source.take(head)));
    length += 1 + head;
    if (length > longestName)
      throw new MalformedPacket(`a domain name is longer than ${longestName} characters`);
  }
  if (labels.length === 0) throw new MalformedPacket('a domain name is empty');
  return labels.join('.');
};

/** Throws MalformedPacket for what is no domain name. */
const checkedLabels = (name: string): string[] => {
  const labels = name.split('.');
  const isGood = (label: string) => label !== '' && label.length <= longestLabel && isByteText(label);
  if (name.length > longestName || !labels.every(isGood))
    throw new MalformedPacket(`"${name}" is not a domain name`);
  return labels;
};

/** Appends a name to `bytes`; an ending that stands there already becomes a pointer to it. `known`: endings and where they are. */
const putName = (bytes: number[], name: string, known: Map<string, number>): void => {
  const labels = checkedLabels(name);
  for (const [index, label] of labels.entries()) {
    const ending = labels.slice(index).join('.');
    const offset = known.get(ending);
    if (offset !== undefined) {
      bytes.push(pointer | (offset >> 8), offset & 0xff);
      return;
    }
    if (bytes.length <= reach) known.set(ending, bytes.length);
    bytes.push(label.length, ...Buffer.from(label, 'latin1'));
  }
  bytes.push(0);
};

/** Option 119: domains to search, written as in DNS, with its compression (RFC 3397 section 2). */
export const domainSearch: Kind<string[]> = {
  decode(bytes) {
    const reader = new Reader(bytes);
    const names: string[] = [];
    do names.push(decodeName(bytes, reader));
    while (reader.remaining > 0);
    return names;
  },
  encode(names) {
    if (names.length === 0) throw new MalformedPacket('a domain search list is empty');
    const bytes: number[] = [];
    const known = new Map<string, number>();
    for (const name of names) putName(bytes, name, known);
    return Buffer.from(bytes);
  },
};
