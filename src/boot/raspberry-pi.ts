import { GreifError } from '../core/errors.ts';
import type { Mac } from '../core/mac.ts';
import type { OptionMap } from '../wire/dhcp/option-map.ts';
import { pxeOptions, writeOption } from '../wire/dhcp/options.ts';
import { type BootFile, type BootFolder, cleanPath } from './boot-folder.ts';

/** The address blocks (OUI) of Raspberry Pi. */
const makers = ['28:cd:c1', '2c:cf:67', 'b8:27:eb', 'd8:3a:dd', 'dc:a6:32', 'e4:5f:01'];

/** Its boot ROM calls itself a BIOS (option 93 = 0) and is told by its address alone; with UEFI firmware it says what it is. */
export const isRaspberryPi = (mac: Mac): boolean => makers.includes(mac.slice(0, 8));

/** What an older Pi loads first. Later ones have it in a chip and ask for `SERIAL/start4.elf`, whatever file is offered. */
export const piBootfile = 'bootcode.bin';

/** Bits 0 and 1 of 43.6: no discovery by broadcast or multicast. */
const noDiscovery = 3;

/**
 * Option 43 as the Pi's ROM wants it (PXE 2.1 section 2.2.1): a menu whose one entry, of the type that stands for the local disk, is taken at once. It looks for
 * this text and passes over all other offers.
 */
export const piVendorInformation: OptionMap = new Map([
  writeOption(pxeOptions.discoveryControl, noDiscovery),
  writeOption(pxeOptions.bootMenu, [{ type: 0, text: 'Raspberry Pi Boot' }]),
  writeOption(pxeOptions.menuPrompt, { seconds: 0, text: 'PXE' }),
]);

/** A Pi's own folder: the last eight digits of its serial number, or its MAC (`TFTP_PREFIX=2`). */
const ownFolder = /^([0-9a-f]{8}|(?:[0-9a-f]{2}-){5}[0-9a-f]{2})\/(.+)$/;

/** Where a file that a Pi asks for may lie, the likeliest first; nothing for other paths. */
export const piPlaces = (path: string): string[] => {
  const [, own, file] = ownFolder.exec(path) ?? [];
  if (own !== undefined) return [`rpi/${own}/${file}`, `rpi/${file}`];
  return path === piBootfile ? [`rpi/${path}`] : [];
};

/** The boot folder, and in it each Pi's: `rpi/` for all of them, `rpi/SERIAL/` over it for one. */
export const withPiFiles = (folder: BootFolder): BootFolder => ({
  async open(requestPath): Promise<BootFile> {
    for (const place of piPlaces(cleanPath(requestPath)))
      try {
        return await folder.open(place);
      } catch (error) {
        if (!(error instanceof GreifError) || error.code !== 'BOOTFILE_NOT_FOUND') throw error;
      }
    return folder.open(requestPath);
  },
});
