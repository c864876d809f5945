import { resolve } from 'node:path';

/** Where a person says that something is: an address stays, a path becomes one that the appliance understands. */
export const placeOf = (text: string): string => (/^https?:/.test(text) ? text : resolve(text));
