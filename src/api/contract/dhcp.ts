import { z } from 'zod';
import { type Dialect, dialects } from '../../boot/advice/advise.ts';

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
