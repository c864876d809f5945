import { MalformedPacket, Reader } from '../../reader.ts';
import { decodeAddress, encodeAddress } from '../address.ts';
import type { Kind } from './kind.ts';

/** Packets for the network `destination`/`prefixLength` go to `router`; `0.0.0.0` as router: they are on the link. */
export interface ClasslessRoute {
  destination: string;
  /** 0 to 32; 0 is the default route. */
  prefixLength: number;
  router: string;
}

/** An address without the bits behind the prefix. */
const networkOf = (address: Buffer, prefixLength: number): Buffer => {
  const mask = prefixLength === 0 ? 0 : (0xffffffff << (32 - prefixLength)) >>> 0;
  const network = Buffer.alloc(4);
  network.writeUInt32BE((address.readUInt32BE() & mask) >>> 0);
  return network;
};

/** How many bytes of a network are written. */
const significant = (prefixLength: number): number => Math.ceil(prefixLength / 8);

const decodeRoute = (reader: Reader): ClasslessRoute => {
  const prefixLength = reader.u8();
  if (prefixLength > 32)
    throw new MalformedPacket(`a route's prefix has at most 32 bits, not ${prefixLength}`);
  const destination = Buffer.alloc(4);
  destination.set(reader.take(significant(prefixLength)));
  return {
    // RFC 3442 bids the reader to clear the bits behind the prefix.
    destination: decodeAddress(networkOf(destination, prefixLength)),
    prefixLength,
    router: decodeAddress(reader.take(4)),
  };
};

const encodeRoute = ({ destination, prefixLength, router }: ClasslessRoute): Buffer => {
  const address = encodeAddress(destination);
  if (!Number.isInteger(prefixLength) || prefixLength < 0 || prefixLength > 32)
    throw new MalformedPacket(`a route's prefix has 0 to 32 bits, not ${prefixLength}`);
  if (!networkOf(address, prefixLength).equals(address))
    throw new MalformedPacket(
      `${destination}/${prefixLength} is no network: there are bits behind its prefix`,
    );
  return Buffer.concat([
    Buffer.from([prefixLength]),
    address.subarray(0, significant(prefixLength)),
    encodeAddress(router),
  ]);
};

/** Option 121 (RFC 3442); Windows reads the same as 249. Who takes it ignores option 3: name the default route here too. */
export const classlessRoutes: Kind<ClasslessRoute[]> = {
  decode(bytes) {
    const reader = new Reader(bytes);
    const routes: ClasslessRoute[] = [];
    do routes.push(decodeRoute(reader));
    while (reader.remaining > 0);
    return routes;
  },
  encode(routes) {
    if (routes.length === 0) throw new MalformedPacket('a list of routes is empty');
    return Buffer.concat(routes.map(encodeRoute));
  },
};
