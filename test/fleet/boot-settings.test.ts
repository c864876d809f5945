import test from 'ava';
import { loadBootSettings } from '../../src/fleet/boot-settings.ts';
import type { Machine } from '../../src/fleet/machine.ts';
import type { MachineStore, RoomStore } from '../../src/fleet/ports.ts';
import type { Room } from '../../src/fleet/room.ts';
import { mac, machine } from './samples.ts';

const stores = (machines: Machine[], rooms: Room[]) => ({
  machines: {
    list: async () => machines,
    save: async () => {},
    remove: async () => {},
  } as unknown as MachineStore,
  rooms: { list: async () => rooms, save: async () => {}, remove: async () => {} } as unknown as RoomStore,
});

test("a machine's own loader counts, else its room's, else none", async (t) => {
  const settings = await loadBootSettings(
    stores(
      [
        machine({ room: 'R1', loader: 'shim' }),
        machine({ id: 'm2', macs: [mac(2)], room: 'R1' }),
        machine({ id: 'm3', macs: [mac(3)] }),
      ],
      [{ name: 'R1', loader: 'ipxe', menu: true }],
    ),
  );
  t.deepEqual(settings.of(mac(1)), { loader: 'shim', menu: true });
  t.deepEqual(settings.of(mac(2)), { loader: 'ipxe', menu: true });
  t.deepEqual(settings.of(mac(3)), { loader: undefined, menu: undefined });
  t.deepEqual(settings.of(mac(4)), { loader: undefined, menu: undefined });
});

test('what is written counts for the next packet', async (t) => {
  const { of, machines, rooms } = await loadBootSettings(stores([machine()], []));
  await machines.save(machine({ room: 'R1' }));
  await rooms.save({ name: 'R1', loader: 'ipxe' });
  t.is(of(mac(1)).loader, 'ipxe');
  await rooms.save({ name: 'R1', loader: 'shim' });
  t.is(of(mac(1)).loader, 'shim');
  await machines.save(machine({ id: 'm2', macs: [mac(1)], loader: 'ipxe' }));
  t.is(of(mac(1)).loader, 'ipxe', 'the MAC moved to the machine that was seen with it last');
  await machines.remove('m1');
  t.is(of(mac(1)).loader, 'ipxe');
  await machines.remove('m2');
  t.is(of(mac(1)).loader, undefined);
  await machines.save(machine({ room: 'R1' }));
  await rooms.remove('R1');
  t.is(of(mac(1)).loader, undefined);
});

test('a setting that could not be written does not count', async (t) => {
  const broken = stores([machine()], []);
  broken.rooms.save = async () => {
    throw new Error('disk full');
  };
  const { of, machines, rooms } = await loadBootSettings(broken);
  await machines.save(machine({ room: 'R1' }));
  await t.throwsAsync(rooms.save({ name: 'R1', loader: 'ipxe' }));
  t.is(of(mac(1)).loader, undefined);
});
