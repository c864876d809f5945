import { z } from 'zod';
import { GreifError } from '../core/errors.ts';

export const scriptNameSchema = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/, 'small letters, digits and inner . _ -, at most 63');

/** `name` (its newest version) or `name@version`. */
export const scriptRefSchema = z.string().max(80);

/** A script that is run on a PC once it is deployed. A version never changes. */
export const scriptSchema = z.object({
  name: scriptNameSchema,
  version: z.number().int().positive(),
  /** SHA-256 of the text. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  text: z.string().min(1).max(32_768),
  addedAt: z.iso.datetime(),
  addedBy: z.string(),
});

/** The version that an order holds. */
export const orderedScriptSchema = scriptSchema.pick({ name: true, version: true, digest: true });

/** The most that one order runs. */
export const mostScripts = 8;

export type Script = z.infer<typeof scriptSchema>;
export type OrderedScript = z.infer<typeof orderedScriptSchema>;

/** What a script asks for in lines such as `# greif: network` at its beginning. */
export interface ScriptOptions {
  /** `root`: in the deployed Linux, by the interpreter that it names. `folder`: by the agent's shell, beside the mounted system. */
  runIn: 'root' | 'folder' | undefined;
  network: boolean;
  timeLimitMs: number;
  /** Whether a failure of the script leaves the order alone. */
  warnOnly: boolean;
}

const headerLines = 20;
const defaultTimeLimitMs = 5 * 60_000;
const longestTimeLimitMs = 60 * 60_000;
const units = { s: 1000, m: 60_000 } as const;

const invalid = (line: string): GreifError =>
  new GreifError(
    'SCRIPT_INVALID',
    `"${line}" is no option of a script: there are "network", "warn-only", "in root", "in folder" and "time-limit 90s" (or 10m, an hour at most)`,
  );

const timeLimit = (line: string, text: string): number => {
  const [, count, unit] = /^(\d{1,4})([sm])$/.exec(text) ?? [];
  const limitMs = Number(count) * units[(unit ?? 's') as keyof typeof units];
  if (!(limitMs > 0 && limitMs <= longestTimeLimitMs)) throw invalid(line);
  return limitMs;
};

const option = (line: string): Partial<ScriptOptions> => {
  const [word = '', argument] = line.split(/\s+/);
  if (line === 'network') return { network: true };
  if (line === 'warn-only') return { warnOnly: true };
  if (word === 'in' && (argument === 'root' || argument === 'folder')) return { runIn: argument };
  if (word === 'time-limit') return { timeLimitMs: timeLimit(line, argument ?? '') };
  throw invalid(line);
};

/** Reads the options out of a script's first lines. Throws SCRIPT_INVALID. */
export const scriptOptions = (text: string): ScriptOptions => {
  const lines = text
    .split('\n', headerLines)
    .flatMap((line) => /^#\s*greif:\s*(.*?)\s*$/.exec(line)?.[1] ?? []);
  const defaults = { runIn: undefined, network: false, timeLimitMs: defaultTimeLimitMs, warnOnly: false };
  return Object.assign(defaults, ...lines.map(option));
};

/** Throws SCRIPT_INVALID unless the kernel would know how to run it and its options are known. */
export const checkScript = (text: string): void => {
  if (!/^#!\/[^\r\n]+\n/.test(text))
    throw new GreifError(
      'SCRIPT_INVALID',
      'a script begins with its interpreter, as in "#!/bin/sh", and lines end without CR',
    );
  if (text.includes('\0'))
    throw new GreifError('SCRIPT_INVALID', 'a script is text: this one holds a zero byte');
  scriptOptions(text);
};

/** What the appliance signs, so that a PC runs nothing that somebody else slipped in. */
export const signedScript = ({ name, version, text }: Pick<Script, 'name' | 'version' | 'text'>): string =>
  `greif-script/1 ${name}@${version}\n${text}`;
