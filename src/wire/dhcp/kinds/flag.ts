import { MalformedPacket } from '../../reader.ts';
import type { Kind } from './kind.ts';

/** On or off: 1 or 0 in one byte (RFC 2132 section 4). */
export const flag: Kind<boolean> = {
  decode(bytes) {
    const [value = 2] = bytes;
    if (bytes.length !== 1 || value > 1)
      throw new MalformedPacket(`0x${bytes.toString('hex')} is neither 0 nor 1`);
    return value === 1;
  },
  encode: (value) => Buffer.from([value ? 1 : 0]),
};
