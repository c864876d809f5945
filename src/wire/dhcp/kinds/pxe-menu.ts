import { Reader } from '../../reader.ts';
import { decodeAddress, encodeAddress } from '../address.ts';
import { encodeByteText, encodeCountedText } from '../byte-text.ts';
import type { Kind } from './kind.ts';
import { u8, u16 } from './numbers.ts';

/** Sub-option 8: the boot servers of a type; with none the client broadcasts (PXE 2.1 section 2.2.1). */
export const pxeBootServers: Kind<{ type: number; addresses: string[] }[]> = {
  decode(bytes) {
    const reader = new Reader(bytes);
    const servers: { type: number; addresses: string[] }[] = [];
    while (reader.remaining > 0) {
      const type = reader.u16();
      const addresses = Array.from({ length: reader.u8() }, () => decodeAddress(reader.take(4)));
      servers.push({ type, addresses });
    }
    return servers;
  },
  encode: (servers) =>
    Buffer.concat(
      servers.flatMap(({ type, addresses }) => [
        u16.encode(type),
        u8.encode(addresses.length),
        ...addresses.map(encodeAddress),
      ]),
    ),
};

/** Sub-option 9: the entries of the boot menu. A Raspberry Pi goes on only if one is called "Raspberry Pi Boot". */
export const pxeBootMenu: Kind<{ type: number; text: string }[]> = {
  decode(bytes) {
    const reader = new Reader(bytes);
    const entries: { type: number; text: string }[] = [];
    while (reader.remaining > 0)
      entries.push({ type: reader.u16(), text: reader.take(reader.u8()).toString('latin1') });
    return entries;
  },
  encode: (entries) =>
    Buffer.concat(entries.flatMap(({ type, text }) => [u16.encode(type), encodeCountedText(text)])),
};

/** Sub-option 10: the words above the menu, and after how many seconds its first entry is taken; 255: never. */
export const pxeMenuPrompt: Kind<{ seconds: number; text: string }> = {
  decode(bytes) {
    const reader = new Reader(bytes);
    return { seconds: reader.u8(), text: reader.take(reader.remaining).toString('latin1') };
  },
  encode: ({ seconds, text }) => Buffer.concat([u8.encode(seconds), encodeByteText(text)]),
};
