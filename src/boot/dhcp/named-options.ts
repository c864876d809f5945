import { z } from 'zod';
import { address } from '../../wire/dhcp/kinds/address.ts';
import { addresses } from '../../wire/dhcp/kinds/addresses.ts';
import { classlessRoutes } from '../../wire/dhcp/kinds/classless-routes.ts';
import { domainSearch } from '../../wire/dhcp/kinds/domain-search.ts';
import { flag } from '../../wire/dhcp/kinds/flag.ts';
import type { Kind } from '../../wire/dhcp/kinds/kind.ts';
import { i32, u8, u16, u32 } from '../../wire/dhcp/kinds/numbers.ts';
import { text } from '../../wire/dhcp/kinds/text.ts';
import { type Option, options } from '../../wire/dhcp/options.ts';
import { MalformedPacket } from '../../wire/reader.ts';

/** One value, or a list of them. */
const listOf = <Value>(schema: z.ZodType<Value>) =>
  z.union([schema.transform((one) => [one]), z.array(schema).min(1)]);

const routeSchema = z
  .strictObject({ to: z.cidrv4('a network as 10.0.0.0/8'), router: z.ipv4() })
  .transform(({ to, router }) => {
    const [destination = '', prefixLength] = to.split('/');
    return { destination, prefixLength: Number(prefixLength), router };
  });

const words = z
  .string()
  .min(1)
  .max(1024)
  .regex(/^[\x20-\x7e]*$/, 'printable ASCII only');

/** How an administrator writes the values of each kind. Options of other kinds go by their number. */
const schemas = new Map<Kind<unknown>, z.ZodType>([
  [text, words],
  [address, z.ipv4()],
  [addresses, listOf(z.ipv4())],
  [domainSearch, listOf(z.string())],
  [classlessRoutes, z.array(routeSchema)],
  [flag, z.boolean()],
  [u8, z.number()],
  [u16, z.number()],
  [u32, z.number()],
  [i32, z.number()],
]);

/** What the server itself says, or a client: RFC 2132 section 9, RFC 3046, RFC 4578, and the marks pad and end. */
const ownCodes = new Set([0, 1, 28, 50, 51, 52, 53, 54, 55, 56, 57, 60, 61, 82, 93, 94, 97, 255]);

const isNamed = ([, { code, kind }]: [string, Option<unknown>]): boolean =>
  schemas.has(kind) && !ownCodes.has(code);

/** The options that may be set by their name. */
export const namedOptions: ReadonlyMap<string, Option<unknown>> = new Map(
  Object.entries<Option<unknown>>(options).filter(isNamed),
);

const explain = (cause: unknown): string => {
  if (cause instanceof z.ZodError) return cause.issues.map(({ message }) => message).join(', ');
  if (cause instanceof MalformedPacket) return cause.message.replace(/^malformed packet: /, '');
  throw cause;
};

const rawOption = (name: string, value: unknown): [number, Buffer] | string => {
  const code = Number(name);
  if (code > 255 || ownCodes.has(code)) return `option ${name} is the server's own affair`;
  const hex = String(value).replaceAll(/[\s:]/g, '');
  if (typeof value !== 'string' || !/^([0-9a-f]{2})+$/i.test(hex))
    return 'a raw option is a text of hex digits, as in "0a:00:00:01"';
  return [code, Buffer.from(hex, 'hex')];
};

/** One line of a list of options as code and bytes; a text says what is wrong with it. */
const encodeNamed = (name: string, value: unknown): [number, Buffer] | string => {
  if (/^\d+$/.test(name)) return rawOption(name, value);
  const option = namedOptions.get(name);
  if (!option)
    return `no option has this name; docs/dhcp.md lists them, any other goes by its number with hex digits`;
  try {
    const checked = schemas.get(option.kind)?.parse(value);
    return [option.code, option.kind.encode(checked)];
  } catch (cause) {
    return explain(cause);
  }
};

/** Options as an administrator writes them, `name: value` or `number: hex`; the result is ready to be sent. */
export const optionsSchema = z.record(z.string(), z.unknown()).transform((lines, context) => {
  const encoded = new Map<number, Buffer>();
  for (const [name, value] of Object.entries(lines)) {
    const option = encodeNamed(name, value);
    const fault = typeof option === 'string' ? option : encoded.has(option[0]) && 'this option is set twice';
    if (fault) context.addIssue({ code: 'custom', message: fault, path: [name] });
    else encoded.set(...(option as [number, Buffer]));
  }
  return encoded as ReadonlyMap<number, Buffer>;
});
