import { MalformedPacket } from '../../reader.ts';
import type { Kind } from './kind.ts';

/** In its bytes the first three groups of a UUID are little-endian (SMBIOS 2.6 section 7.2.1). Swaps in place; its own inverse. */
const swapGroups = (bytes: Buffer): Buffer => {
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
};

/**
 * Option 97: a 0 byte and the SMBIOS UUID (RFC 4578 section 2.3), as the operating system prints it, so that it equals the
 * inventory's.
 */
export const clientUuid: Kind<string> = {
  decode(bytes) {
    if (bytes.length !== 17 || bytes[0] !== 0)
      throw new MalformedPacket(`a client UUID has a 0 and 16 bytes, not ${bytes.length}`);
    const hex = swapGroups(Buffer.from(bytes.subarray(1))).toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  },
  encode(uuid) {
    const bytes = Buffer.from(uuid.replaceAll('-', ''), 'hex');
    if (bytes.length !== 16 || !/^[\da-f-]{36}$/i.test(uuid))
      throw new MalformedPacket(`"${uuid}" is not a UUID`);
    return Buffer.concat([Buffer.alloc(1), swapGroups(bytes)]);
  },
};
