import { address } from './address.ts';
import { list } from './list.ts';

/** One IPv4 address or more: routers, name servers, TFTP servers (RFC 5859). */
export const addresses = list(address, 4);
