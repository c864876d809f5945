import type { Inventory } from '../../fleet/inventory.ts';
import type { Sysfs } from './sysfs.ts';

const globalVariable = '8be4df61-93ca-11d2-aa0d-00e098032b8c';

/** An EFI variable's file: four bytes of attributes, then for SecureBoot one byte that is 1 when it is on (UEFI section 3.3). */
export const readFirmware = (sysfs: Sysfs): Pick<Inventory, 'firmware' | 'secureBoot'> => {
  if (sysfs.names('sys/firmware/efi').length === 0) return { firmware: 'bios', secureBoot: null };
  const variable = sysfs.bytes(`sys/firmware/efi/efivars/SecureBoot-${globalVariable}`);
  return { firmware: 'uefi', secureBoot: variable?.length === 5 ? variable[4] === 1 : null };
};
