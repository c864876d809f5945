import { z } from 'zod';

const port = z.number().int().min(1).max(65535);
const ipv4 = z.ipv4();
const loopback = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

export const interfaceSchema = z.strictObject({
  name: z.string().min(1).max(15),
  dhcp: z.enum(['server', 'proxy', 'off']).default('proxy'),
  /** For `server`: first and last address to give. */
  pool: z.strictObject({ first: ipv4, last: ipv4 }).optional(),
  router: ipv4.optional(),
  nameServers: z.array(ipv4).optional(),
});

/** Everything that can be set, after defaults, file and command line were merged. */
export const configSchema = z.strictObject({
  interfaces: z.array(interfaceSchema),
  room: z.strictObject({ dhcpPort: port, proxyDhcpPort: port, tftpPort: port, httpPort: port }),
  admin: z.strictObject({
    host: z
      .string()
      .regex(loopback, 'the admin API has no accounts yet and listens on loopback only: use 127.0.0.1'),
    port: z.number().int().min(0).max(65535),
  }),
  dhcp: z.strictObject({ leaseSeconds: z.number().int().min(60) }),
  boot: z.strictObject({ uefiLoader: z.enum(['shim', 'ipxe']), kernelArguments: z.string() }),
  orders: z.strictObject({
    heartbeatSeconds: z.number().positive(),
    lostAfterSeconds: z.number().positive(),
  }),
  folders: z.strictObject({ boot: z.string(), images: z.string(), data: z.string() }),
  database: z
    .string()
    .regex(/^(sqlite$|postgres(ql)?:\/\/)/, 'sqlite, or postgres://user:password@host/database'),
  log: z.strictObject({ level: z.enum(['error', 'warn', 'info', 'debug']) }),
});

export type Config = z.infer<typeof configSchema>;
