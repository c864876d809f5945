import { MalformedPacket } from '../../reader.ts';
import type { Kind } from './kind.ts';

const swap = (hex: string): string => (hex.match(/../g) ?? []).reverse().join('');

/** The first three groups of a UUID are little-endian in firmware (SMBIOS 2.6 section 7.2.1). Its own inverse. */
const swapGroups = (hex: string): string =>
  swap(hex.slice(0, 8)) + swap(hex.slice(8, 12)) + swap(hex.slice(12, 16)) + hex.slice(16);

/**
 * Option 97: a 0 byte and the SMBIOS UUID (RFC 4578 section 2.3), as the operating system prints it, so that it equals the
 * inventory's.
 */
export const clientUuid: Kind<string> = {
  decode(bytes) {
    if (bytes.length !== 17 || bytes[0] !== 0)
      throw new MalformedPacket(`a client UUID has a 0 and 16 bytes, not ${bytes.length}`);
    return swapGroups(bytes.toString('hex', 1)).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  },
  encode: (uuid) => Buffer.from(`00${swapGroups(uuid.replaceAll('-', '').toLowerCase())}`, 'hex'),
};
