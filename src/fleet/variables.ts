import { z } from 'zod';
import { GreifError } from '../core/errors.ts';

/** As templates name it: `{{ variables.ntp_server }}`. */
export const variableNameSchema = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_]{0,62}$/, 'letters, digits and underlines, a letter first, at most 63');

export const valueSchema = z.union([
  z.string().max(32_768),
  z.number().int(),
  z.boolean(),
  z.array(z.string().max(1024)).max(256),
]);

/** A value as an order holds it: of a secret only that there is one. */
export const frozenValueSchema = z.union([valueSchema, z.object({ secret: z.literal(true) })]);

export const declarationSchema = z.strictObject({
  type: z.enum(['string', 'integer', 'boolean', 'list']),
  /** Counts where nobody sets anything. */
  default: valueSchema.optional(),
  /** Kept encrypted and never shown. */
  secret: z.literal(true).optional(),
  description: z.string().max(512).optional(),
});

export type Value = z.infer<typeof valueSchema>;
export type FrozenValue = z.infer<typeof frozenValueSchema>;
export type Declaration = z.infer<typeof declarationSchema>;

/** Where values are set, the weakest first. */
export const scopes = ['site', 'room', 'group', 'machine', 'order'] as const;
export type Scope = (typeof scopes)[number];

/** What is set in one place. */
export interface Layer {
  /** `site`, `room:R101`, `group:lecture`, `machine`, `order`. */
  from: string;
  values: Readonly<Record<string, Value>>;
}

export interface ResolvedValue {
  value: Value;
  /** `profile`, or the layer's name. */
  from: string;
}

const asText: Record<Declaration['type'], (text: string) => Value | undefined> = {
  string: (text) => text,
  integer: (text) => (/^-?\d{1,15}$/.test(text) ? Number(text) : undefined),
  boolean: (text) => (text === 'true' || text === 'false' ? text === 'true' : undefined),
  list: (text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
};

const isOf: Record<Declaration['type'], (value: Value) => boolean> = {
  string: (value) => typeof value === 'string',
  integer: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  list: Array.isArray,
};

const examples: Record<Declaration['type'], string> = {
  string: 'text',
  integer: 'a whole number',
  boolean: 'true or false',
  list: 'a list, as in a,b,c',
};

/** A value as its type has it; text, as a command line gives it, is read as the type says. `undefined`: it cannot be of this type. Pure. */
export const typedValue = (type: Declaration['type'], value: Value): Value | undefined => {
  if (isOf[type](value)) return value;
  return typeof value === 'string' ? asText[type](value) : undefined;
};

/** The sentence never has the value in it: it may be a secret. */
export const wrongType = (name: string, type: Declaration['type'], where: string): GreifError =>
  new GreifError('VARIABLE_INVALID', `the variable ${name}, as ${where} has it, must be ${examples[type]}`);

/**
 * Every declared variable with its value and where that came from; of the layers, the weakest first, the last that has one counts. Pure.
 * Throws VARIABLE_UNDEFINED, naming all that nobody has set, and VARIABLE_INVALID.
 */
export const resolveVariables = (
  profile: { name: string; variables: Readonly<Record<string, Declaration>> },
  layers: readonly Layer[],
): Record<string, ResolvedValue> => {
  const resolved = Object.entries(profile.variables).map(([name, { type, default: preset }]) => {
    const layer = layers.findLast(({ values }) => Object.hasOwn(values, name));
    const value = layer?.values[name] ?? preset;
    const from = layer?.from ?? 'profile';
    if (value === undefined) return [name, undefined] as const;
    const typed = typedValue(type, value);
    if (typed === undefined) throw wrongType(name, type, from);
    return [name, { value: typed, from }] as const;
  });
  const missing = resolved.filter(([, value]) => value === undefined).map(([name]) => name);
  const [first] = missing;
  if (first === undefined) return Object.fromEntries(resolved) as Record<string, ResolvedValue>;
  throw new GreifError(
    'VARIABLE_UNDEFINED',
    `the profile ${profile.name} needs ${missing.join(', ')}, and nobody has set ${missing.length > 1 ? 'them' : 'it'}: greif site set ${first}=VALUE, or --set ${first}=VALUE with greif room set, group set, machine set or order create`,
    { details: { missing } },
  );
};
