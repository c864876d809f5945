import type { StoredDriver } from '../drivers/driver-store.ts';
import { reasonFor } from '../drivers/match.ts';
import type { Inventory } from '../fleet/inventory.ts';

/** Setup classes of INF files (“System-defined device setup classes available to vendors”): what is needed to reach the appliance and to find the disk. */
const neededClasses = new Set(['net', 'scsiadapter', 'hdc']);

/** The packages for this PC that Windows PE needs already. Pure. */
export const bootDriversFor = (stored: readonly StoredDriver[], inventory: Inventory): StoredDriver[] =>
  stored.filter(({ driver: { match, infs } }) => {
    const needed = infs.filter(({ className }) => neededClasses.has(className?.toLowerCase() ?? ''));
    return needed.length > 0 && reasonFor({ match, infs: needed }, inventory) !== undefined;
  });
