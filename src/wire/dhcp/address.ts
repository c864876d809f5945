import { MalformedPacket } from '../reader.ts';

/** An IPv4 address in dotted form. */
export const decodeAddress = (bytes: Uint8Array): string => bytes.join('.');

/** Throws MalformedPacket for anything but four numbers up to 255. */
export const encodeAddress = (address: string): Buffer => {
  const numbers = address.split('.').map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : 256));
  if (numbers.length !== 4 || numbers.some((number) => number > 255))
    throw new MalformedPacket(`"${address}" is not an IPv4 address`);
  return Buffer.from(numbers);
};
