import { MalformedPacket } from '../../reader.ts';
import type { Kind } from './kind.ts';
import { list } from './list.ts';

/** Numbers of a fixed width. `encode` throws MalformedPacket for what is no whole number or does not fit. */
const number = (length: 1 | 2 | 4, minimum: number, maximum: number): Kind<number> => ({
  decode(bytes) {
    if (bytes.length !== length)
      throw new MalformedPacket(`a number of ${length} bytes came with ${bytes.length}`);
    return minimum < 0 ? bytes.readIntBE(0, length) : bytes.readUIntBE(0, length);
  },
  encode(value) {
    if (!Number.isInteger(value) || value < minimum || value > maximum)
      throw new MalformedPacket(`${value} is not a whole number from ${minimum} to ${maximum}`);
    const bytes = Buffer.allocUnsafe(length);
    bytes.writeUIntBE(value < 0 ? value + 2 ** (8 * length) : value, 0, length);
    return bytes;
  },
});

export const u8 = number(1, 0, 0xff);
export const u16 = number(2, 0, 0xffff);
export const u32 = number(4, 0, 0xffffffff);
/** Two's complement: the time offset may be west of Greenwich (RFC 2132 section 3.4). */
export const i32 = number(4, -0x80000000, 0x7fffffff);

/** Option numbers: what a client asks for (55). */
export const u8List = list(u8, 1);
/** 93: one architecture or more (RFC 4578 section 2.1; the numbers are IANA's). */
export const u16List = list(u16, 2);
