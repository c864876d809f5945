import { readFileSync } from 'node:fs';

const tablePath = '/proc/net/arp';

/** A flag of the table's entries: it holds a MAC. */
const complete = 2;

/** Pure: the MAC that the kernel's ARP table (proc(5), /proc/net/arp) has for an address, on one interface or on any. */
export const macInTable = (table: string, address: string, device?: string): string | undefined => {
  for (const line of table.split('\n').slice(1)) {
    const [ip, , flags, mac, , face] = line.split(/\s+/);
    const isMeant = ip === address && (device === undefined || face === device);
    if (isMeant && (Number(flags) & complete) !== 0) return mac;
  }
  return undefined;
};

/** `undefined` when no packet has told it yet. */
export const neighbourMac = (address: string, device?: string): string | undefined => {
  try {
    return macInTable(readFileSync(tablePath, 'utf8'), address, device);
  } catch {
    return undefined;
  }
};

/** How long a reading of the table is used: an unknown client costs none of its own. */
const freshMs = 200;

/** Pure: the complete entries of the kernel's ARP table, MACs by address. */
export const macsInTable = (table: string): Map<string, string> =>
  new Map(
    table
      .split('\n')
      .slice(1)
      .flatMap((line) => {
        const [ip = '', , flags, mac = ''] = line.split(/\s+/);
        return (Number(flags) & complete) !== 0 ? [[ip, mac] as const] : [];
      }),
  );

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
