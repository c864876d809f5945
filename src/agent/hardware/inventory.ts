import { GreifError } from '../../core/errors.ts';
import { type Inventory, inventorySchema } from '../../fleet/inventory.ts';
import { readDisks } from './disks.ts';
import { readFirmware } from './firmware.ts';
import { readNics } from './nics.ts';
import { readPci } from './pci.ts';
import { parseMemory, parseProcessor } from './processor.ts';
import { readSmbios } from './smbios.ts';
import type { Sysfs } from './sysfs.ts';

/** What this PC is made of, from `/sys` and `/proc` only. Throws STEP_FAILED when there is no network card to be known by. */
export const takeInventory = (sysfs: Sysfs): Inventory => {
  const nics = readNics(sysfs);
  if (nics.length === 0)
    throw new GreifError(
      'STEP_FAILED',
      'the kernel found no network card in this PC: is its driver missing?',
    );
  return inventorySchema.parse({
    ...readFirmware(sysfs),
    smbios: readSmbios(sysfs),
    cpu: parseProcessor(sysfs.file('proc/cpuinfo')),
    memoryBytes: parseMemory(sysfs.file('proc/meminfo')),
    disks: readDisks(sysfs),
    nics,
    pci: readPci(sysfs),
  });
};
