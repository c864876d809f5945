import { MalformedPacket } from '../../reader.ts';
import type { Kind } from './kind.ts';

/** An unsigned number of a fixed width. */
const unsigned = (length: 1 | 2 | 4): Kind<number> => ({
  decode(bytes) {
    if (bytes.length !== length)
      throw new MalformedPacket(`a number of ${length} bytes came with ${bytes.length}`);
    return bytes.readUIntBE(0, length);
  },
  encode(value) {
    const bytes = Buffer.alloc(length);
    bytes.writeUIntBE(value, 0, length);
    return bytes;
  },
});

export const u8 = unsigned(1);
export const u16 = unsigned(2);
export const u32 = unsigned(4);
