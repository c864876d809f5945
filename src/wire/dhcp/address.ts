import { MalformedPacket } from '../reader.ts';

/** "None", as the fields of a packet write it. */
export const noAddress = '0.0.0.0';

/** An IPv4 address in dotted form, out of the four bytes at `at`. */
export const decodeAddress = (bytes: Buffer, at = 0): string => {
  const number = bytes.readUInt32BE(at);
  if (number === 0) return noAddress;
  return `${number >>> 24}.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}`;
};

const dot = 0x2e;
const zero = 0x30;

/** The address as a 32-bit number, or -1. By hand: every reply has ten addresses, and `split` costs ten times as much. */
const addressNumber = (address: string): number => {
  let [number, part, digits, dots] = [0, 0, 0, 0];
  for (let index = 0; index < address.length; index++) {
    const character = address.charCodeAt(index);
    if (character === dot) {
      if (digits === 0) return -1;
      number = number * 256 + part;
      dots += 1;
      [part, digits] = [0, 0];
      continue;
    }
    part = part * 10 + character - zero;
    digits += 1;
    if (character < zero || character > zero + 9 || part > 255 || digits > 3) return -1;
  }
  return dots === 3 && digits > 0 ? number * 256 + part : -1;
};

/** Throws MalformedPacket for anything but four numbers up to 255. */
export const putAddress = (into: Buffer, at: number, address: string): void => {
  if (address === noAddress) return void into.fill(0, at, at + 4);
  const number = addressNumber(address);
  if (number < 0) throw new MalformedPacket(`"${address}" is not an IPv4 address`);
  into.writeUInt32BE(number, at);
};

/** Throws MalformedPacket for anything but four numbers up to 255. */
export const encodeAddress = (address: string): Buffer => {
  const bytes = Buffer.allocUnsafe(4);
  putAddress(bytes, 0, address);
  return bytes;
};
