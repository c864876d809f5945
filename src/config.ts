import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { parse } from 'yaml';
import { z } from 'zod';
import { dhcpSchema } from './boot/dhcp/scope-schema.ts';
import { GreifError } from './core/errors.ts';
import { exitOnMisuse } from './core/misuse.ts';
import { mirrorSchema } from './delivery/mirror/settings.ts';
import { loaderSchema } from './fleet/room.ts';
import { s3Schema } from './image/s3/settings.ts';
import { packageCacheSchema } from './sources/package-cache/settings.ts';

const port = z.number().int().min(1).max(65535);
const portOrNone = z.number().int().min(0).max(65535);
const ipv4 = z.ipv4();
const loopback = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

export const dhcpModes = ['server', 'proxy', 'off'] as const;
export type DhcpMode = (typeof dhcpModes)[number];

export const interfaceSchema = z.strictObject({
  name: z.string().min(1).max(15),
  dhcp: z.enum(dhcpModes).default('proxy'),
  /** For `server`: first and last address to give. */
  pool: z.strictObject({ first: ipv4, last: ipv4 }).optional(),
  router: ipv4.optional(),
  nameServers: z.array(ipv4).optional(),
});

/** Everything that can be set, after defaults, file and command line were merged. */
export const configSchema = z.strictObject({
  interfaces: z
    .array(interfaceSchema)
    .refine(
      (list) => new Set(list.map(({ name }) => name)).size === list.length,
      'an interface is named twice',
    ),
  room: z.strictObject({
    dhcpPort: port,
    proxyDhcpPort: port,
    tftpPort: port,
    httpPort: port,
    httpsPort: portOrNone,
    syslogPort: portOrNone,
  }),
  admin: z.strictObject({
    host: z
      .string()
      .regex(loopback, 'the admin API has no accounts yet and listens on loopback only: use 127.0.0.1'),
    port,
  }),
  dhcp: dhcpSchema,
  boot: z.strictObject({ uefiLoader: loaderSchema, menu: z.boolean(), kernelArguments: z.string() }),
  orders: z.strictObject({
    heartbeatSeconds: z.number().positive(),
    lostAfterSeconds: z.number().positive(),
  }),
  installs: z.strictObject({
    answerMinutes: z
      .number()
      .positive()
      .max(24 * 60),
  }),
  windows: z.strictObject({ filesOver: z.enum(['http', 'smb']) }),
  images: z.strictObject({
    store: z.enum(['directory', 's3']),
    s3: s3Schema,
    reserveMebibytes: z.number().nonnegative(),
    scrubEveryDays: z.number().nonnegative(),
    scrubMebibytesPerSecond: z.number().positive(),
    mirror: mirrorSchema,
  }),
  sources: z.strictObject({ packageCache: packageCacheSchema }),
  secrets: z.strictObject({ keyFile: z.string() }),
  folders: z.strictObject({ boot: z.string(), images: z.string(), data: z.string() }),
  database: z
    .string()
    .regex(/^(sqlite$|postgres(ql)?:\/\/)/, 'sqlite, or postgres://user:password@host/database'),
  log: z.strictObject({ level: z.enum(['error', 'warn', 'info', 'debug']) }),
});

export type Config = z.infer<typeof configSchema>;

type Tree = { [key: string]: unknown };
const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The second over the first, folder by folder; lists and values are replaced whole, `undefined` leaves what is there. */
export const overlay = (under: Tree, over: Tree): Tree => {
  const merged: Tree = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    if (value !== undefined) merged[key] = isTree(below) && isTree(value) ? overlay(below, value) : value;
  }
  return merged;
};

const portNumber = (text: string): number => {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 65535)
    throw new InvalidArgumentError('a port is a number from 1 to 65535.');
  return number;
};

interface Flags {
  interface?: string[];
  dhcp?: DhcpMode;
  config?: string;
  httpPort?: number;
  adminPort?: number;
  data?: string;
  images?: string;
  logLevel?: Config['log']['level'];
}

const commandLine = (): Command =>
  new Command('npm start --')
    .description(
      'Runs the appliance. Without an interface it serves the admin API only and disturbs no network.',
    )
    .option(
      '--interface <name...>',
      'serve PCs on this network interface, with a mode of its own if you like: eth1=server',
    )
    .addOption(
      new Option(
        '--dhcp <mode>',
        'server: give addresses; proxy: stand beside the site’s DHCP; off: TFTP and HTTP only',
      )
        .choices(dhcpModes)
        .default(undefined, 'proxy'),
    )
    .option('--config <file>', 'your settings (YAML); what can be set stands in config/defaults.yaml')
    .option('--http-port <port>', 'boot files, agents and chunks', portNumber)
    .option('--admin-port <port>', 'REST API and metrics, on loopback', portNumber)
    .option('--data <folder>', 'orders and leases')
    .option('--images <folder>', 'the image store')
    .addOption(new Option('--log-level <level>').choices(['error', 'warn', 'info', 'debug']))
    .exitOverride(exitOnMisuse)
    .allowExcessArguments(false);

/** `eth1` or `eth1=server`. The schema refuses what is no mode. */
const interfaceOf = (text: string, mode: DhcpMode | undefined): Tree => {
  const at = text.lastIndexOf('=');
  return at < 0
    ? { name: text, dhcp: mode ?? 'proxy' }
    : { name: text.slice(0, at), dhcp: text.slice(at + 1) };
};

const fromFlags = (flags: Flags): Tree => ({
  interfaces: flags.interface?.map((text) => interfaceOf(text, flags.dhcp)),
  room: { httpPort: flags.httpPort },
  admin: { port: flags.adminPort },
  folders: { data: flags.data, images: flags.images },
  log: { level: flags.logLevel },
});

const readTree = async (file: string): Promise<unknown> => {
  try {
    return parse(await readFile(file, 'utf8'));
  } catch (cause) {
    const [reason] = cause instanceof Error ? cause.message.split('\n', 1) : [String(cause)];
    throw new GreifError('CONFIG_INVALID', `the configuration file ${file} cannot be read: ${reason}`, {
      cause,
    });
  }
};

const readYaml = async (file: string): Promise<Tree> => {
  const tree = await readTree(file);
  if (tree !== null && !isTree(tree))
    throw new GreifError('CONFIG_INVALID', `${file} must hold "name: value" lines`);
  return tree ?? {};
};

/**
 * Defaults, then the operator's file, then the command line. Relative folders are those of the project.
 * Throws CONFIG_INVALID with every fault named by its path (`admin.host: …`).
 */
export const readConfig = async (args: readonly string[], projectFolder: string): Promise<Config> => {
  const flags = commandLine().parse(args, { from: 'user' }).opts<Flags>();
  if (flags.dhcp && !flags.interface)
    throw new GreifError(
      'CONFIG_INVALID',
      `--dhcp ${flags.dhcp} needs --interface NAME: say which network it is for`,
    );
  const defaults = await readYaml(path.join(projectFolder, 'config/defaults.yaml'));
  const own = flags.config ? await readYaml(flags.config) : {};
  const checked = configSchema.safeParse(overlay(overlay(defaults, own), fromFlags(flags)));
  if (!checked.success) {
    const faults = checked.error.issues.map(
      (issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`,
    );
    throw new GreifError('CONFIG_INVALID', `the configuration cannot be used: ${faults.join('; ')}`);
  }
  const { folders, ...rest } = checked.data;
  const absolute = (folder: string) => path.resolve(projectFolder, folder);
  return {
    ...rest,
    secrets: { keyFile: absolute(rest.secrets.keyFile || path.join(folders.data, 'keys/secrets.key')) },
    folders: { boot: absolute(folders.boot), images: absolute(folders.images), data: absolute(folders.data) },
  };
};
