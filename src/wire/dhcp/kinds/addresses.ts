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

/** One address or more: routers, name servers. */
export const addresses: Kind<string[]> = {
  decode(bytes) {
    if (bytes.length === 0 || bytes.length % 4 !== 0)
      throw new MalformedPacket(`a list of addresses cannot have ${bytes.length} bytes`);
    return Array.from({ length: bytes.length / 4 }, (_, index) =>
      decodeAddress(bytes.subarray(4 * index, 4 * index + 4)),
    );
  },
  encode: (list) => Buffer.concat(list.map(encodeAddress)),
};
