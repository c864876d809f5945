import { decodeAddress, encodeAddress } from '../address.ts';
import type { Kind } from './kind.ts';
import { list } from './list.ts';

type Pair = [string, string];

const pair: Kind<Pair> = {
  decode: (bytes) => [decodeAddress(bytes), decodeAddress(bytes, 4)],
  encode: ([one, other]) => Buffer.concat([encodeAddress(one), encodeAddress(other)]),
};

/** Two addresses each: destination and router (33), address and mask (21); RFC 2132 sections 4.3 and 5.8. */
export const addressPairs = list(pair, 8);
