import { readFileSync } from 'node:fs';
import { InvalidArgumentError, Option } from 'commander';
import { GreifError } from '../core/errors.ts';
import { hidden } from '../fleet/profile.ts';
import type { FrozenValue } from '../fleet/variables.ts';

type Values = Record<string, string>;

const advice =
  'write NAME=VALUE, as in ntpServer=ntp.example.edu, or NAME@FILE for what a file holds ("-": standard input); NAME= takes the value back';

/** A file's text without the line break at its end. */
const textIn = (file: string): string => readFileSync(file === '-' ? 0 : file, 'utf8').replace(/\r?\n$/, '');

/** `NAME=VALUE`, or `NAME@FILE`, which keeps a secret out of the shell's history. Throws what is wrong with it. */
const assignment = (text: string): [string, string] => {
  const [, name, sign, value] = /^([A-Za-z][A-Za-z0-9_]*)([=@])(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new Error(`"${text}" sets nothing: ${advice}`);
  return [name, sign === '@' ? textIn(value) : value];
};

/** `--set NAME=VALUE`, which may be repeated. Text goes to the appliance, which knows each variable's type. */
export const setOption = (what: string): Option =>
  new Option('--set <name=value>', `${what}, or name@file; may be repeated, NAME= takes it back`).argParser(
    (text: string, before: Values = {}) => {
      try {
        const [name, value] = assignment(text);
        return { ...before, [name]: value };
      } catch (error) {
        throw new InvalidArgumentError(`${(error as Error).message}.`);
      }
    },
  );

/** `NAME=VALUE…` as arguments. Throws BAD_REQUEST. */
export const assignedValues = (texts: readonly string[]): Values => {
  try {
    return Object.fromEntries(texts.map(assignment));
  } catch (cause) {
    throw new GreifError('BAD_REQUEST', (cause as Error).message, { cause });
  }
};

/** A value in one line. */
export const valueText = (value: FrozenValue): string => {
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'object' ? hidden : String(value);
};

/** `name = value` for facts. */
export const variableFacts = (
  values: Readonly<Record<string, FrozenValue>> | undefined,
): (readonly [string, string])[] =>
  Object.entries(values ?? {}).map(([name, value]) => ['variable', `${name} = ${valueText(value)}`] as const);
