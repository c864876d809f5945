import { MalformedPacket } from '../../reader.ts';
import type { Kind } from './kind.ts';

/** Option 94: the network interface of the firmware; type 1 is UNDI (RFC 4578 section 2.2). */
export const interfaceVersion: Kind<{ type: number; major: number; minor: number }> = {
  decode(bytes) {
    const [type, major, minor] = bytes;
    if (bytes.length !== 3 || type === undefined || major === undefined || minor === undefined)
      throw new MalformedPacket(`an interface version has 3 bytes, not ${bytes.length}`);
    return { type, major, minor };
  },
  encode: ({ type, major, minor }) => Buffer.from([type, major, minor]),
};
