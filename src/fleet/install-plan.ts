import { GreifError } from '../core/errors.ts';
import { assertComputerName } from './computer-name.ts';
import type { Machine } from './machine.ts';
import type { InstallOrder } from './order.ts';
import { type Profile, withoutHashes } from './profile.ts';
import { type ProfileRegistry, profileRefOf } from './profiles.ts';
import type { VariableDesk } from './variable-desk.ts';
import { type FrozenValue, type ResolvedValue, resolveVariables, type Value } from './variables.ts';

/** What an install is asked for. */
export interface InstallAsked {
  /** `name` or `name@version`. */
  profile: string;
  /** Without it the PC keeps its machine's name. */
  hostName?: string | undefined;
  /** An empty text is no value. */
  variables?: Readonly<Record<string, Value>> | undefined;
}

/** All that an answer file is made of, but for addresses: secrets are in it as they are. */
export interface InstallPlan {
  machine: Machine;
  profile: Profile;
  hostName: string;
  diskId?: string | undefined;
  variables: Record<string, ResolvedValue>;
}

/** Makes plans: for an order that is about to be filed, for a preview, and for one that was filed. */
export interface InstallPlanner {
  /** As things are set now. Throws PROFILE_NOT_FOUND, VARIABLE_UNDEFINED, VARIABLE_INVALID, HOST_NAME_INVALID. */
  draft(machine: Machine, asked: InstallAsked): Promise<InstallPlan>;
  /** As the order has it, whatever was set since. Throws PROFILE_NOT_FOUND, SECRET_UNREADABLE. */
  ofOrder(order: InstallOrder, machine: Machine): Promise<InstallPlan>;
}

/** A misspelt name would leave another value in force. */
const assertKnown = (profile: Profile, names: readonly string[]): void => {
  const unknown = names.find((name) => !Object.hasOwn(profile.variables, name));
  if (unknown === undefined) return;
  const known = Object.keys(profile.variables).join(', ') || 'none';
  throw new GreifError(
    'VARIABLE_INVALID',
    `the profile ${profileRefOf(profile)} has no variable ${unknown}; it has ${known}`,
  );
};

const isValue = (value: FrozenValue): value is Value => typeof value !== 'object' || Array.isArray(value);

const isSecret = ({ variables }: Profile, name: string): boolean => variables[name]?.secret === true;

export const createInstallPlanner = (parts: {
  profiles: Pick<ProfileRegistry, 'find'>;
  variables: Pick<VariableDesk, 'layersFor' | 'secretsOf'>;
}): InstallPlanner => {
  const { profiles, variables } = parts;
  return {
    async draft(machine, { profile: ref, hostName = machine.name, variables: asked = {} }) {
      const profile = await profiles.find(ref);
      if (profile.system === 'windows') assertComputerName(hostName);
      assertKnown(profile, Object.keys(asked));
      const given = Object.entries(asked).filter(([, value]) => value !== '');
      const order = { from: 'order', values: Object.fromEntries(given) };
      const resolved = resolveVariables(profile, [...(await variables.layersFor(machine)), order]);
      return { machine, profile, hostName, variables: resolved };
    },
    async ofOrder(order, machine) {
      const { options, hostName, diskId } = order;
      const profile = await profiles.find(options.profile);
      const secrets = await variables.secretsOf(order);
      const shown = Object.entries(options.variables).filter((entry): entry is [string, Value] =>
        isValue(entry[1]),
      );
      const layer = { from: 'order', values: { ...Object.fromEntries(shown), ...secrets } };
      return { machine, profile, hostName, diskId, variables: resolveVariables(profile, [layer]) };
    },
  };
};

/** In answer files: not every syntax has bullets. */
const starred = '***';

/** The plan as people may see it rendered: stars for secrets and for the hashes of passwords. Pure. */
export const withoutSecrets = (plan: InstallPlan): InstallPlan => {
  const { profile, variables } = plan;
  const shown = Object.entries(variables).map(([name, { value, from }]) => {
    if (!isSecret(profile, name)) return [name, { value, from }];
    return [name, { value: Array.isArray(value) ? [starred] : starred, from }];
  });
  return { ...plan, profile: withoutHashes(profile, starred), variables: Object.fromEntries(shown) };
};

/** What an order keeps of a plan's values in sight, and what it hides. Pure. */
export const frozenValues = ({ profile, variables }: Pick<InstallPlan, 'profile' | 'variables'>) => {
  const shown: Record<string, FrozenValue> = {};
  const secrets: Record<string, Value> = {};
  for (const [name, { value }] of Object.entries(variables)) {
    shown[name] = isSecret(profile, name) ? { secret: true } : value;
    if (isSecret(profile, name)) secrets[name] = value;
  }
  return { shown, secrets };
};
