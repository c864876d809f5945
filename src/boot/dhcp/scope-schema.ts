import { z } from 'zod';
import { parseMac } from '../../core/mac.ts';
import { optionsSchema } from './named-options.ts';
import { scopeFaults } from './scope-faults.ts';
import { addressNumber, parseSubnet, subnetText } from './subnet.ts';

const ipv4 = z.ipv4();
const leaseSeconds = z.number().int().min(60).max(0xfffffffe);
const rangeSchema = z
  .strictObject({ first: ipv4, last: ipv4 })
  .transform(({ first, last }) => ({ first: addressNumber(first), last: addressNumber(last) }))
  .refine(({ first, last }) => first <= last, 'the first address must not lie behind the last');
const exclusionSchema = z.union([
  ipv4.transform((address) => ({ first: addressNumber(address), last: addressNumber(address) })),
  rangeSchema,
]);

const matchSchema = z
  .strictObject({
    /** How option 60 begins. */
    vendorClass: z.string().min(1).optional(),
    /** One of the classes of option 77. */
    userClass: z.string().min(1).optional(),
    /** One of the numbers of option 93. */
    arch: z.array(z.number().int().min(0).max(65535)).min(1).optional(),
  })
  .refine((match) => Object.values(match).some(Boolean), 'say at least one of vendorClass, userClass, arch');

const classSchema = z.strictObject({ match: matchSchema, options: optionsSchema });

const mac = z
  .string()
  .regex(/^([0-9a-f]{2}[:.-]?){5}[0-9a-f]{2}$/i, 'a MAC address as 52:54:00:12:34:56')
  .transform((text) => parseMac(text));

export const reservationSchema = z
  .strictObject({
    mac: mac.optional(),
    /** Option 61 in hex, its first byte (the type) included. */
    clientId: z
      .string()
      .regex(/^([0-9a-f]{2}[:-]?){1,255}$/i, 'hex digits, as in 01:52:54:00:12:34:56')
      .transform((hex) => hex.replaceAll(/[:-]/g, '').toLowerCase())
      .optional(),
    /** Option 97, as the operating system prints it. */
    uuid: z.guid().toLowerCase().optional(),
    /** Without one the host takes an address of the pool and has its own options. */
    address: ipv4.optional(),
    hostName: z.string().min(1).max(63).optional(),
    options: optionsSchema.optional(),
  })
  .refine(
    (host) => [host.mac, host.clientId, host.uuid].filter(Boolean).length === 1,
    'name the host by exactly one of mac, clientId, uuid',
  );

const subnet = z
  .cidrv4('a network as 10.20.0.0/16')
  .refine((text) => subnetText(parseSubnet(text)) === text, 'the address must be the network’s own')
  .transform(parseSubnet);

export const scopeSchema = z.strictObject({
  subnet,
  /** Without any, the upper half of the network. */
  pools: z.array(rangeSchema).optional(),
  exclude: z.array(exclusionSchema).optional(),
  router: ipv4.optional(),
  nameServers: z.array(ipv4).optional(),
  leaseSeconds: leaseSeconds.optional(),
  options: optionsSchema.optional(),
  classes: z.array(classSchema).optional(),
  reservations: z.array(reservationSchema).optional(),
});

/** The section `dhcp` of the configuration. */
export const dhcpSchema = z
  .strictObject({
    leaseSeconds,
    /** How long to look whether an address is used before it is offered; 0: not at all. */
    probeMilliseconds: z.number().int().min(0).max(5000),
    options: optionsSchema,
    classes: z.array(classSchema),
    scopes: z.array(scopeSchema),
  })
  .superRefine(({ scopes }, context) => {
    for (const { path, message } of scopeFaults(scopes))
      context.addIssue({ code: 'custom', path: ['scopes', ...path], message });
  });

export type DhcpConfig = z.infer<typeof dhcpSchema>;
export type ScopeConfig = z.infer<typeof scopeSchema>;
export type ReservationConfig = z.infer<typeof reservationSchema>;
export type ClassConfig = z.infer<typeof classSchema>;
