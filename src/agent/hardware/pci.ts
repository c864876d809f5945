import type { PciDevice } from '../../fleet/inventory.ts';
import type { Sysfs } from './sysfs.ts';

const devices = 'sys/bus/pci/devices';

/** Digits of `0x8086`, so many as asked for. */
const hex = (text: string | undefined, digits: number): string | undefined => {
  const found = /^0x([0-9a-f]+)$/i.exec(text ?? '')?.[1]?.toLowerCase();
  return found === undefined ? undefined : found.padStart(digits, '0').slice(-digits);
};

/** What sits on the PCI buses, by the numbers that choose drivers. */
export const readPci = (sysfs: Sysfs): PciDevice[] =>
  sysfs.names(devices).flatMap((name) => {
    const read = (attribute: string, digits = 4) =>
      hex(sysfs.text(`${devices}/${name}/${attribute}`), digits);
    const [vendor, device, classCode] = [read('vendor'), read('device'), read('class', 6)];
    if (vendor === undefined || device === undefined || classCode === undefined) return [];
    const [subsystemVendor, subsystemDevice] = [read('subsystem_vendor'), read('subsystem_device')];
    const subsystem =
      subsystemVendor && subsystemDevice && subsystemVendor !== '0000'
        ? { subsystem: `${subsystemDevice}${subsystemVendor}` }
        : {};
    return [{ vendor, device, classCode, ...subsystem }];
  });
