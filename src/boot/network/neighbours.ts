import { readFileSync } from 'node:fs';

const tablePath = '/proc/net/arp';

/** A flag of the table's entries: it holds a MAC. */
const complete = 2;

/** Pure: the complete entries of the kernel's ARP table (proc(5), /proc/net/arp), MACs by address; of one interface or of all. */
export const macsInTable = (table: string, device?: string): Map<string, string> =>
  new Map(
    table
      .split('\n')
      .slice(1)
      .flatMap((line) => {
        const [ip = '', , flags, mac = '', , face] = line.split(/\s+/);
        const isMeant = device === undefined || face === device;
        return isMeant && (Number(flags) & complete) !== 0 ? [[ip, mac] as const] : [];
      }),
  );

/** `undefined` when no packet has told it yet. */
export const neighbourMac = (address: string, device?: string): string | undefined => {
  try {
    return macsInTable(readFileSync(tablePath, 'utf8'), device).get(address);
  } catch {
    return undefined;
  }
};

/** How long a reading of the table is used: an unknown client costs none of its own. */
const freshMs = 200;

/** Finds the MAC of an address in one of our own networks; `undefined` behind a router. Never throws. */
export const createNeighbourLookup = (
  now: () => number,
  readTable = () => readFileSync(tablePath, 'utf8'),
): ((address: string) => string | undefined) => {
  let macs = new Map<string, string>();
  let readAt = Number.NEGATIVE_INFINITY;
  return (address) => {
    if (now() - readAt >= freshMs) {
      readAt = now();
      try {
        macs = macsInTable(readTable());
      } catch {
        macs = new Map();
      }
    }
    return macs.get(address);
  };
};
