import { GreifError } from '../core/errors.ts';
import { changedRoles, isForRoom } from './disk-rule.ts';
import type { MachineStore, RoomStore, VariableStore } from './ports.ts';
import type { Queue } from './queue.ts';
import type { Loader, Room } from './room.ts';
import type { ScriptRegistry } from './scripts.ts';

/** `null` takes a setting back: the site's default counts again. */
export interface RoomChange {
  loader?: Loader | null | undefined;
  menu?: boolean | null | undefined;
  unattend?: string | null | undefined;
  scripts?: string[] | null | undefined;
  /** By role. */
  disks?: Record<string, string | null> | undefined;
}

export type RoomSummary = Room & { machines: number };

/** A room is there as long as a machine names it or something is set for it. */
export interface RoomRegistry {
  /** By name. */
  list(): Promise<RoomSummary[]>;
  /** Throws SCRIPT_NOT_FOUND. */
  change(name: string, change: RoomChange): Promise<RoomSummary>;
}

const settled = <Value>(change: Value | null | undefined, before: Value | undefined): Value | undefined =>
  change === undefined ? before : (change ?? undefined);

/** Throws BAD_REQUEST for what can name a disk of one PC only. */
const roomRules = (change: RoomChange['disks']): RoomChange['disks'] => {
  for (const [role, text] of Object.entries(change ?? {}))
    if (text !== null && !isForRoom(text))
      throw new GreifError(
        'BAD_REQUEST',
        `"${text}" cannot be the ${role} disk of every PC of a room: use only, smallest or largest, with nvme, sata, scsi, virtio, mmc, ssd or hdd behind it, or path:…`,
      );
  return change;
};

export const createRoomRegistry = (parts: {
  machines: MachineStore;
  rooms: RoomStore;
  variables: Pick<VariableStore, 'list'>;
  scripts: Pick<ScriptRegistry, 'resolve'>;
  queue: Queue;
}): RoomRegistry => {
  const { machines, rooms, variables, scripts, queue } = parts;

  const list = async (): Promise<RoomSummary[]> => {
    const set = new Map((await rooms.list()).map((room) => [room.name, room]));
    const inRoom = Map.groupBy(await machines.list(), ({ room }) => room);
    const valued = (await variables.list({ scope: 'room' })).map(({ owner }) => owner);
    const used = [...inRoom.keys()].filter((name) => name !== undefined);
    const names = new Set([...set.keys(), ...used, ...valued]);
    return [...names]
      .sort()
      .map((name) => ({ ...(set.get(name) ?? { name }), machines: inRoom.get(name)?.length ?? 0 }));
  };

  return {
    list,
    change: (name, change) =>
      queue(async () => {
        await scripts.resolve(change.scripts ?? []);
        const before = (await list()).find((room) => room.name === name);
        const loader = settled(change.loader, before?.loader);
        const menu = settled(change.menu, before?.menu);
        const unattend = settled(change.unattend, before?.unattend);
        const named = settled(change.scripts, before?.scripts);
        const disks = changedRoles(before?.disks, roomRules(change.disks));
        const room: Room = {
          name,
          ...(loader && { loader }),
          ...(menu !== undefined && { menu }),
          ...(unattend !== undefined && { unattend }),
          ...(named && { scripts: named }),
          ...(disks && { disks }),
        };
        const isBare = Object.keys(room).length === 1;
        await (isBare ? rooms.remove(name) : rooms.save(room));
        return { ...room, machines: before?.machines ?? 0 };
      }),
  };
};
