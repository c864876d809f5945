import { type Clock, isoTime } from '../core/clock.ts';
import { GreifError } from '../core/errors.ts';
import { sha256Hex } from '../core/ids.ts';
import { openStates } from './order-states.ts';
import type { MachineStore, OrderStore, RoomStore, ScriptStore } from './ports.ts';
import type { Queue } from './queue.ts';
import { checkScript, type OrderedScript, type Script } from './script.ts';

/** Post-deploy scripts as the administrator names them. */
export interface ScriptRegistry {
  /** The newest version of each, by name. */
  list(): Promise<Script[]>;
  /** By `name` (the newest) or `name@version`. Throws SCRIPT_NOT_FOUND. */
  find(ref: string): Promise<Script>;
  /** A new version, or the newest one where its text is the same. Throws SCRIPT_INVALID. */
  add(name: string, text: string, actor: string): Promise<Script>;
  /** All versions. Throws SCRIPT_NOT_FOUND, SCRIPT_IN_USE. */
  remove(name: string): Promise<void>;
  /** The versions that an order is to hold. Throws SCRIPT_NOT_FOUND. */
  resolve(refs: readonly string[]): Promise<OrderedScript[]>;
}

export const createScriptRegistry = (parts: {
  scripts: ScriptStore;
  machines: Pick<MachineStore, 'list'>;
  rooms: Pick<RoomStore, 'list'>;
  orders: Pick<OrderStore, 'list'>;
  queue: Queue;
  clock: Clock;
}): ScriptRegistry => {
  const { scripts, machines, rooms, orders, queue, clock } = parts;

  const find = async (ref: string): Promise<Script> => {
    const [name = '', version] = ref.split('@');
    const found = await scripts.get(name, version === undefined ? undefined : Number(version));
    if (found) return found;
    throw new GreifError('SCRIPT_NOT_FOUND', `there is no script "${ref}": greif script list shows them all`);
  };

  const nameOf = (ref: string): string => ref.split('@')[0] ?? '';

  /** Who would miss it. */
  const userOf = async (name: string): Promise<string | undefined> => {
    const uses = ({ scripts: refs = [] }: { scripts?: string[] | undefined }) =>
      refs.some((ref) => nameOf(ref) === name);
    const room = (await rooms.list()).find(uses);
    if (room) return `the room ${room.name} names it`;
    const machine = (await machines.list()).find(uses);
    if (machine) return `the machine ${machine.name} names it`;
    const open = await orders.list({ kinds: ['deploy', 'install'], states: openStates });
    const order = open.find(
      ({ options }) => 'scripts' in options && options.scripts?.some((script) => script.name === name),
    );
    return order && `order ${order.id} runs it`;
  };

  return {
    list: () => scripts.list(),
    find,
    add: (name, text, actor) =>
      queue(async () => {
        checkScript(text);
        const digest = sha256Hex(text);
        const newest = await scripts.get(name);
        if (newest?.digest === digest) return newest;
        const version = (newest?.version ?? 0) + 1;
        const added = { name, version, digest, text, addedAt: isoTime(clock()), addedBy: actor };
        await scripts.add(added);
        return added;
      }),
    remove: (name) =>
      queue(async () => {
        await find(name);
        const user = await userOf(name);
        if (user !== undefined) throw new GreifError('SCRIPT_IN_USE', `${name} cannot be removed: ${user}`);
        await scripts.remove(name);
      }),
    async resolve(refs) {
      const found = await Promise.all(refs.map(find));
      return found.map(({ name, version, digest }) => ({ name, version, digest }));
    },
  };
};
