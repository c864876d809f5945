import { MalformedPacket } from '../../reader.ts';
import type { Kind } from './kind.ts';
import { u8 } from './numbers.ts';

/** The network interface of the firmware; type 1 is UNDI. */
export interface InterfaceVersion {
  type: number;
  major: number;
  minor: number;
}

/** Option 94 (RFC 4578 section 2.2). */
export const interfaceVersion: Kind<InterfaceVersion> = {
  decode(bytes) {
    const [type, major, minor] = bytes;
    if (bytes.length !== 3 || type === undefined || major === undefined || minor === undefined)
      throw new MalformedPacket(`an interface version has 3 bytes, not ${bytes.length}`);
    return { type, major, minor };
  },
  encode: ({ type, major, minor }) => Buffer.concat([type, major, minor].map(u8.encode)),
};
