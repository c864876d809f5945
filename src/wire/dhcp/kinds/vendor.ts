import { Reader } from '../../reader.ts';
import { decodeOptions, encodeOptions, type OptionMap } from '../option-map.ts';
import type { Kind } from './kind.ts';

/** Option 43 as PXE uses it: options within the option, built alike (RFC 2132 section 8.4, PXE 2.1 section 2.2.1). */
export const vendor: Kind<OptionMap> = {
  decode: (bytes) => decodeOptions(new Reader(bytes)),
  encode: encodeOptions,
};

/** Sub-option 6 of 43, PXE_DISCOVERY_CONTROL. */
export const pxeDiscoveryControl = 6;
/** Bit 3: take the boot file of this reply; look for no boot server. */
export const skipDiscovery = Buffer.from([8]);
