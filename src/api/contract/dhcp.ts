import { z } from 'zod';
import { type Dialect, dialects } from '../../boot/advice/advise.ts';
import type { Route } from './route.ts';

const dialectNames = Object.keys(dialects) as [Dialect, ...Dialect[]];
export const dialectSchema = z.enum(dialectNames);

/** A DHCP server on the network of an interface that is not this appliance. */
export const otherServerSchema = z.object({
  address: z.string(),
  /** Where a packet has told it. */
  mac: z.string().optional(),
  /** `request`: a PC took its offer; `probe`: it answered our own question. */
  seenBy: z.enum(['request', 'probe']),
  firstSeenAt: z.iso.datetime(),
  lastSeenAt: z.iso.datetime(),
});

/** How an interface stands that PCs are served on. */
export const interfaceStatusSchema = z.object({
  name: z.string(),
  dhcp: z.enum(['server', 'proxy', 'off']),
  condition: z.enum(['up', 'down', 'without address', 'gone']),
  addresses: z.array(z.string()),
  otherServers: z.array(otherServerSchema),
});

/** Settings for a site's own DHCP server, ready to be pasted. */
export const adviceSchema = z.object({ for: dialectSchema, title: z.string(), settings: z.string() });

export type InterfaceView = z.infer<typeof interfaceStatusSchema>;
export type Advice = z.infer<typeof adviceSchema>;

export const dhcpRoutes = {
  dhcpStatus: {
    method: 'get',
    path: '/dhcp',
    summary: 'The interfaces that PCs are served on, and other DHCP servers on their networks',
    response: z.object({ interfaces: z.array(interfaceStatusSchema) }),
  },
  dhcpAdvice: {
    method: 'get',
    path: '/dhcp/advice',
    summary: 'What a site’s own DHCP server must be told to start PCs from here',
    query: z.object({
      interface: z
        .string()
        .min(1)
        .max(15)
        .meta({ description: 'The one that the PCs see; needed unless exactly one is served' })
        .optional(),
      for: dialectSchema.meta({ description: 'The DHCP server; without it advice for each' }).optional(),
    }),
    response: z.array(adviceSchema),
  },
} as const satisfies Record<string, Route>;
