import { endMark, type OptionMap } from '../option-map.ts';
import { encapsulated } from './encapsulated.ts';
import type { Kind } from './kind.ts';

/** Option 43 as PXE uses it: options within the option and an end mark (RFC 2132 section 8.4, PXE 2.1 section 2.2.1). */
export const vendor: Kind<OptionMap> = {
  decode: encapsulated.decode,
  encode: (options) => Buffer.concat([encapsulated.encode(options), Buffer.from([endMark])]),
};

/** Sub-option 6 of 43, PXE_DISCOVERY_CONTROL. */
export const pxeDiscoveryControl = 6;
/** Bit 3: take the boot file of this reply; look for no boot server. */
export const skipDiscovery = Buffer.from([8]);
