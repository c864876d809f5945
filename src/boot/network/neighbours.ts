import { readFileSync } from 'node:fs';

/** Pure: the MAC that the kernel's ARP table (proc(5), /proc/net/arp) has for an address on an interface. */
export const macInTable = (table: string, address: string, device: string): string | undefined => {
  for (const line of table.split('\n').slice(1)) {
    const [ip, , flags, mac, , face] = line.split(/\s+/);
    // Flag 2: the entry is complete.
    if (ip === address && face === device && (Number(flags) & 2) !== 0) return mac;
  }
  return undefined;
};

/** `undefined` when no packet has told it yet. */
export const neighbourMac = (address: string, device: string): string | undefined => {
  try {
    return macInTable(readFileSync('/proc/net/arp', 'utf8'), address, device);
  } catch {
    return undefined;
  }
};
