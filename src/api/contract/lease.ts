import { z } from 'zod';
import type { Route } from './route.ts';

export const leaseSchema = z.object({
  address: z.ipv4(),
  /** The network: `10.20.0.0/16`. */
  scope: z.string(),
  mac: z.string(),
  /** The client identifier in hex, or `mac:` and the MAC. */
  clientKey: z.string(),
  hostName: z.string().optional(),
  /** `expired`: its client gets it again while nobody else needs it. `declined`: a client found the address in use. */
  state: z.enum(['leased', 'expired', 'declined']),
  expiresAt: z.iso.datetime(),
});

export type LeaseSummary = z.infer<typeof leaseSchema>;

export const leaseRoutes = {
  listLeases: {
    method: 'get',
    path: '/leases',
    summary: 'DHCP leases of all scopes or of one, rising by address',
    query: z.object({ scope: z.string().max(64).meta({ description: 'As in `10.20.0.0/16`' }).optional() }),
    response: z.array(leaseSchema),
  },
  removeLease: {
    method: 'delete',
    path: '/leases/:address',
    summary: 'Forget a DHCP lease whose client is gone: the address can be given to another at once',
    params: z.object({ address: z.ipv4() }),
    response: z.object({ removed: z.string() }),
  },
} as const satisfies Record<string, Route>;
