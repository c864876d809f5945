import { MalformedPacket, Reader } from '../../reader.ts';
import type { OptionMap } from '../option-map.ts';
import type { Kind } from './kind.ts';

const encodePart = ([code, value]: [number, Buffer]): Buffer => {
  if (!Number.isInteger(code) || code < 0 || code > 255 || value.length > 255)
    throw new MalformedPacket(`relay sub-option ${code} with ${value.length} bytes: both are 255 at most`);
  return Buffer.concat([Buffer.from([code, value.length]), value]);
};

/**
 * Option 82: sub-options by number (RFC 3046 section 2.0). Unlike options they know no pad and no end mark, and are never
 * split: of two with one number the first counts. A server echoes the option's bytes, not this.
 */
export const relayAgent: Kind<OptionMap> = {
  decode(bytes) {
    const reader = new Reader(bytes);
    const parts = new Map<number, Buffer>();
    while (reader.remaining > 0) {
      const code = reader.u8();
      const value = reader.take(reader.u8());
      if (!parts.has(code)) parts.set(code, value);
    }
    return parts;
  },
  encode: (parts) => Buffer.concat([...parts].map(encodePart)),
};
