import { InvalidArgumentError, Option } from 'commander';
import { GreifError } from '../core/errors.ts';
import { hidden } from '../fleet/profile.ts';
import type { FrozenValue } from '../fleet/variables.ts';

type Values = Record<string, string>;

/** `NAME=VALUE`; `undefined`: it is none. */
const assignment = (text: string): [string, string] | undefined => {
  const [, name, value] = /^([A-Za-z][A-Za-z0-9_]*)=(.*)$/s.exec(text) ?? [];
  return name === undefined || value === undefined ? undefined : [name, value];
};

const advice = 'write NAME=VALUE, as in ntpServer=ntp.example.edu; NAME= takes the value back';

/** `--set NAME=VALUE`, which may be repeated. Text goes to the appliance, which knows each variable's type. */
export const setOption = (what: string): Option =>
  new Option('--set <name=value>', `${what}; may be repeated, NAME= takes it back`).argParser(
    (text: string, before: Values = {}) => {
      const assigned = assignment(text);
      if (!assigned) throw new InvalidArgumentError(`${advice}.`);
      return { ...before, [assigned[0]]: assigned[1] };
    },
  );

/** `NAME=VALUE…` as arguments. Throws BAD_REQUEST. */
export const assignedValues = (texts: readonly string[]): Values =>
  Object.fromEntries(
    texts.map((text) => {
      const assigned = assignment(text);
      if (assigned) return assigned;
      throw new GreifError('BAD_REQUEST', `"${text}" sets nothing: ${advice}`);
    }),
  );

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
