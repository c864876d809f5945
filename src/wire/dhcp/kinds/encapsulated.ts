import { decodeOptions, type OptionMap, optionsLength, putOptions } from '../option-map.ts';
import type { Kind } from './kind.ts';

/** Options within an option (RFC 2132 section 8.4), without an end mark: iPXE's 175. */
export const encapsulated: Kind<OptionMap> = {
  decode: decodeOptions,
  encode(options) {
    const bytes = Buffer.allocUnsafe(optionsLength(options));
    putOptions(bytes, 0, options);
    return bytes;
  },
};
