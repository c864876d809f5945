import { MalformedPacket } from '../../reader.ts';
import { decodeAddress, encodeAddress } from '../address.ts';
import type { Kind } from './kind.ts';

/** One IPv4 address: subnet mask, requested address, server identifier, … */
export const address: Kind<string> = {
  decode(bytes) {
    if (bytes.length !== 4) throw new MalformedPacket(`an address has 4 bytes, not ${bytes.length}`);
    return decodeAddress(bytes);
  },
  encode: encodeAddress,
};
