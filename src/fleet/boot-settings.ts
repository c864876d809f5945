import type { Machine } from './machine.ts';
import type { MachineStore, RoomStore } from './ports.ts';
import type { Loader, Room } from './room.ts';

/** What is set for one PC; a setting that is missing is the site's. */
export interface BootSetting {
  loader?: Loader | undefined;
  menu?: boolean | undefined;
}

export interface BootSettings {
  /** The machine's own setting, else its room's. From memory: DHCP asks for every packet. */
  of(mac: string): BootSetting;
  /** The stores that it was read from. It sees what is written through these. */
  machines: MachineStore;
  rooms: RoomStore;
}

type Owner = Pick<Machine, 'id' | 'macs' | 'loader' | 'room'>;

/** Reads machines and rooms once, then follows all that is written. */
export const loadBootSettings = async (store: {
  machines: MachineStore;
  rooms: RoomStore;
}): Promise<BootSettings> => {
  const byMac = new Map<string, Owner>();
  const owners = new Map<string, Owner>();
  const rooms = new Map<string, Room>();

  const drop = (id: string): void => {
    for (const mac of owners.get(id)?.macs ?? []) if (byMac.get(mac)?.id === id) byMac.delete(mac);
    owners.delete(id);
  };
  const put = ({ id, macs, loader, room }: Machine): void => {
    drop(id);
    const owner = { id, macs, loader, room };
    owners.set(id, owner);
    for (const mac of macs) byMac.set(mac, owner);
  };

  for (const machine of await store.machines.list()) put(machine);
  for (const room of await store.rooms.list()) rooms.set(room.name, room);

  return {
    of(mac) {
      const owner = byMac.get(mac);
      const room = owner?.room === undefined ? undefined : rooms.get(owner.room);
      return { loader: owner?.loader ?? room?.loader, menu: room?.menu };
    },
    machines: {
      ...store.machines,
      async save(machine) {
        await store.machines.save(machine);
        put(machine);
      },
      async remove(id) {
        await store.machines.remove(id);
        drop(id);
      },
    },
    rooms: {
      ...store.rooms,
      async save(room) {
        await store.rooms.save(room);
        rooms.set(room.name, room);
      },
      async remove(name) {
        await store.rooms.remove(name);
        rooms.delete(name);
      },
    },
  };
};
