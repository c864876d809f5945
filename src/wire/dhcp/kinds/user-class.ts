import { MalformedPacket } from '../../reader.ts';
import { encodeCountedText } from '../byte-text.ts';
import type { Kind } from './kind.ts';

/** Class by class, each with its length; `undefined` when the bytes are not built so. */
const split = (bytes: Buffer): string[] | undefined => {
  const classes: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt8(at);
    if (length === 0 || at + 1 + length > bytes.length) return undefined;
    classes.push(bytes.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return classes;
};

const encodeClass = (name: string): Buffer => {
  if (name === '') throw new MalformedPacket('a user class is empty');
  return encodeCountedText(name);
};

/** Option 77 (RFC 3004). iPXE and others send one bare text without lengths: that is read as one class. */
export const userClass: Kind<string[]> = {
  decode: (bytes) => split(bytes) ?? [bytes.toString('latin1')],
  encode: (classes) => Buffer.concat(classes.map(encodeClass)),
};
