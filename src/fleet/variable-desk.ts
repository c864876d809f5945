import { GreifError } from '../core/errors.ts';
import type { Vault } from '../core/vault.ts';
import type { Machine } from './machine.ts';
import type { OrderStore, VariablePlace, VariableStore } from './ports.ts';
import type { Profile } from './profile.ts';
import type { ProfileRegistry } from './profiles.ts';
import type { Queue } from './queue.ts';
import {
  type Declaration,
  type FrozenValue,
  type Layer,
  typedValue,
  type Value,
  valueSchema,
  wrongType,
} from './variables.ts';

/** By name; `null` takes a value back, and so does an empty text. */
export type ValueChange = Readonly<Record<string, Value | null>>;

/** What is set in one place, for people: of secrets only that they are set. */
export interface PlaceValues extends VariablePlace {
  values: Record<string, FrozenValue>;
}

/** Values for the variables of profiles, in the places where they are set. */
export interface VariableDesk {
  /** Of all places but orders, or of those of one scope. */
  list(place?: Partial<VariablePlace>): Promise<PlaceValues[]>;
  /** Throws VARIABLE_INVALID for what no profile declares, or not so. */
  change(place: VariablePlace, change: ValueChange): Promise<PlaceValues>;
  /** What counts for a machine, the weakest place first; of two groups the later named counts. */
  layersFor(machine: Machine): Promise<Layer[]>;
  /** Secret values for an order that is about to be filed, sealed by name. */
  seal(machineId: string, secrets: Readonly<Record<string, Value>>): Record<string, string>;
  /** Those of an order that has not ended. */
  secretsOf(order: { id: number; machineId: string }): Promise<Record<string, Value>>;
  /** Encrypts all of them again, by the present key. */
  reseal(): Promise<void>;
}

type Declared = Pick<Profile, 'name' | 'version' | 'variables'>;

/** What a sealed value is for: it opens only there. An order is not numbered yet when its values are sealed. */
const aboutOf = ({ scope, owner }: VariablePlace, name: string): string =>
  `the variable ${name} of ${scope}${owner && ` ${owner}`}`;
const aboutOrder = (machineId: string, name: string): string =>
  aboutOf({ scope: 'order', owner: `for ${machineId}` }, name);

const declarationsOf = (profiles: readonly Declared[], name: string): [Declared, Declaration][] =>
  profiles.flatMap((profile): [Declared, Declaration][] => {
    const declaration = Object.hasOwn(profile.variables, name) ? profile.variables[name] : undefined;
    return declaration ? [[profile, declaration]] : [];
  });

/** Throws VARIABLE_INVALID unless some profile declares it, and all that do could take the value. */
const assertDeclared = (profiles: readonly Declared[], name: string, value: Value): void => {
  const declared = declarationsOf(profiles, name);
  if (declared.length === 0) {
    const known = [...new Set(profiles.flatMap(({ variables }) => Object.keys(variables)))].sort();
    throw new GreifError(
      'VARIABLE_INVALID',
      `no profile declares the variable ${name}; they declare ${known.join(', ') || 'none'}: add it to a profile's variables first`,
    );
  }
  for (const [profile, { type }] of declared)
    if (typedValue(type, value) === undefined) throw wrongType(name, type, `the profile ${profile.name}`);
};

export const createVariableDesk = (parts: {
  variables: VariableStore;
  profiles: Pick<ProfileRegistry, 'list'>;
  orders: Pick<OrderStore, 'get'>;
  vault: Vault;
  queue: Queue;
}): VariableDesk => {
  const { variables, profiles, orders, vault, queue } = parts;

  const opened = (sealed: string, about: string): Value =>
    valueSchema.parse(JSON.parse(vault.open(sealed, about)));

  const valuesIn = async (place: VariablePlace): Promise<Record<string, Value>> =>
    Object.fromEntries(
      (await variables.list(place)).map(({ name, sealed }) => [name, opened(sealed, aboutOf(place, name))]),
    );

  /** What no profile declares any more is not shown either: nobody can tell that it is no secret. */
  const shown = async (place: Partial<VariablePlace>): Promise<PlaceValues[]> => {
    const known = await profiles.list();
    const isOpen = (name: string): boolean => {
      const declared = declarationsOf(known, name);
      return declared.length > 0 && declared.every(([, { secret }]) => !secret);
    };
    const found = (await variables.list(place)).filter(({ scope }) => scope !== 'order');
    const places = Map.groupBy(found, ({ scope, owner }) => JSON.stringify([scope, owner]));
    return [...places.values()].map((rows) => {
      const [{ scope, owner }] = rows as [(typeof rows)[number]];
      const values = rows.map(({ name, sealed }): [string, FrozenValue] => [
        name,
        isOpen(name) ? opened(sealed, aboutOf({ scope, owner }, name)) : { secret: true },
      ]);
      return { scope, owner, values: Object.fromEntries(values) };
    });
  };

  return {
    list: (place = {}) => shown(place),
    change: (place, change) =>
      queue(async () => {
        const known = await profiles.list();
        const [removed, set] = [[] as string[], {} as Record<string, string>];
        for (const [name, value] of Object.entries(change)) {
          if (value === null || value === '') removed.push(name);
          else {
            assertDeclared(known, name, value);
            set[name] = vault.seal(JSON.stringify(value), aboutOf(place, name));
          }
        }
        await variables.change(place, { save: set, remove: removed });
        const [after = { ...place, values: {} }] = await shown(place);
        return after;
      }),
    async layersFor({ id, room, groups = [] }) {
      const places: [string, VariablePlace][] = [
        ['site', { scope: 'site', owner: '' }],
        ...(room === undefined
          ? []
          : [[`room:${room}`, { scope: 'room', owner: room }] as [string, VariablePlace]]),
        ...groups.map((group): [string, VariablePlace] => [
          `group:${group}`,
          { scope: 'group', owner: group },
        ]),
        ['machine', { scope: 'machine', owner: id }],
      ];
      return Promise.all(places.map(async ([from, place]) => ({ from, values: await valuesIn(place) })));
    },
    seal: (machineId, secrets) =>
      Object.fromEntries(
        Object.entries(secrets).map(([name, value]) => [
          name,
          vault.seal(JSON.stringify(value), aboutOrder(machineId, name)),
        ]),
      ),
    async secretsOf({ id, machineId }) {
      const rows = await variables.list({ scope: 'order', owner: String(id) });
      return Object.fromEntries(
        rows.map(({ name, sealed }) => [name, opened(sealed, aboutOrder(machineId, name))]),
      );
    },
    reseal: () =>
      queue(async () => {
        for (const row of await variables.list()) {
          const order = row.scope === 'order' ? await orders.get(Number(row.owner)) : undefined;
          const about = order ? aboutOrder(order.machineId, row.name) : aboutOf(row, row.name);
          await variables.reseal({ ...row, sealed: vault.seal(vault.open(row.sealed, about), about) });
        }
      }),
  };
};
