import { z } from 'zod';
import type { Inventory } from '../../fleet/inventory.ts';
import type { Sysfs } from './sysfs.ts';

/** What board makers leave in fields that they did not fill in. */
const placeholder =
  /^(to be filled|default string|system (serial|product|manufacturer)|not (specified|applicable|available)|none$|n\/a$|unknown|oem$|o\.e\.m|0+$|x+$|123456789|chassis serial)/i;

const filledIn = (value: string | undefined): string | undefined =>
  value === undefined || placeholder.test(value) ? undefined : value;

/** A UUID that RFC 9562 allows and that is not all zeros or ones; others are shared by whole series of boards. */
const ownUuid = (value: string | undefined): string | undefined => {
  const checked = z.uuid().safeParse(value?.toLowerCase());
  return checked.success && !/^(0|f)[-0f]*$/.test(checked.data) ? checked.data : undefined;
};

/** SMBIOS type 1 (system information), as the kernel shows it. */
export const readSmbios = (sysfs: Sysfs): Inventory['smbios'] => {
  const field = (name: string) => sysfs.text(`sys/class/dmi/id/${name}`);
  return {
    uuid: ownUuid(field('product_uuid')),
    serial: filledIn(field('product_serial')),
    manufacturer: filledIn(field('sys_vendor')),
    product: filledIn(field('product_name')),
  };
};
