import { GreifError } from '../core/errors.ts';
import type { Mac } from '../core/mac.ts';
import type { Loader } from '../fleet/room.ts';
import type { OwnIpxe } from './own-ipxe.ts';

/** What a PC must be told about the interface that it came in on. */
export interface BootSite {
  /** The appliance's own address on that interface. */
  serverAddress: string;
  httpPort: number;
  /** What this UEFI PC gets: `shim` works with Secure Boot on and off. Asked for every packet. */
  loaderOf(mac: Mac): Loader;
  /** The operator's own iPXE, offered instead of ours. */
  ownIpxe?: OwnIpxe | undefined;
}

export const serverUrl = ({ serverAddress, httpPort }: BootSite): string =>
  `http://${serverAddress}:${httpPort}`;

/** What neither iPXE nor GRUB takes for anything but part of a word. */
const plainWord = /^[\w.,:=/@%+~-]+$/;

/** The operator's kernel arguments as words. Throws CONFIG_INVALID for one that a boot script would read as a command. */
export const kernelWords = (kernelArguments: string): string[] => {
  const words = kernelArguments.split(/\s+/).filter((word) => word !== '');
  const odd = words.find((word) => !plainWord.test(word));
  if (odd !== undefined)
    throw new GreifError(
      'CONFIG_INVALID',
      `boot.kernelArguments: "${odd}" holds a character that boot loaders do not take literally; use letters, digits and . , : = / @ % + ~ _ -`,
    );
  return words;
};
