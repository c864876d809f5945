import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const folder = path.join(import.meta.dirname, 'golden');

/**
 * Packets that once did harm, in hex, a file each: `dhcp-….hex`, `tftp-….hex`. They are mutated like the others, and each must be
 * survived as it is.
 */
export const goldenPackets = (protocol: 'dhcp' | 'tftp'): Buffer[] =>
  readdirSync(folder)
    .filter((name) => name.startsWith(`${protocol}-`) && name.endsWith('.hex'))
    .toSorted()
    .map((name) => Buffer.from(readFileSync(path.join(folder, name), 'utf8').replaceAll(/\s+/g, ''), 'hex'));
