import { MalformedPacket } from '../../reader.ts';
import type { Kind } from './kind.ts';

const magic = Buffer.from('f100747e', 'hex');

/** Option 208: four bytes by which old PXELINUX knew that 209 to 211 are meant for it (RFC 5071 section 3.1). */
export const pxelinuxMagic: Kind<true> = {
  decode(bytes) {
    if (!bytes.equals(magic)) throw new MalformedPacket(`0x${bytes.toString('hex')} is not PXELINUX's magic`);
    return true;
  },
  encode: () => magic,
};
