import { MalformedPacket } from '../../reader.ts';
import type { Kind } from './kind.ts';

/** Option 93: one 16-bit architecture or more (RFC 4578 section 2.1; the numbers are IANA's). */
export const archList: Kind<number[]> = {
  decode(bytes) {
    if (bytes.length === 0 || bytes.length % 2 !== 0)
      throw new MalformedPacket(`a list of architectures cannot have ${bytes.length} bytes`);
    return Array.from({ length: bytes.length / 2 }, (_, index) => bytes.readUInt16BE(2 * index));
  },
  encode(list) {
    const bytes = Buffer.alloc(2 * list.length);
    for (const [index, arch] of list.entries()) bytes.writeUInt16BE(arch, 2 * index);
    return bytes;
  },
};
