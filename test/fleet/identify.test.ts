import test from 'ava';
import { identifyMachine, isSameMachine } from '../../src/fleet/identify.ts';
import { disk, inventory, mac, machine } from './samples.ts';

const uuidA = '5d1c3b3e-5b0e-4a7b-9c57-0d6d6f4d000a';
const uuidB = '5d1c3b3e-5b0e-4a7b-9c57-0d6d6f4d000b';

test('of several machines with its MACs a PC is the one with its UUID, with most of them, or seen last', (t) => {
  const a = machine({ id: 'a', macs: [mac(1), mac(2)], uuid: uuidA });
  const b = machine({ id: 'b', macs: [mac(3)], uuid: uuidB });
  const later = machine({ id: 'c', macs: [mac(4)], lastSeenAt: '2026-04-01T00:00:00.000Z' });
  const all = [a, b, later];
  t.is(identifyMachine({ macs: [mac(1), mac(2), mac(3)], uuid: uuidB }, all), b);
  t.is(identifyMachine({ macs: [mac(1), mac(2), mac(3)] }, all), a);
  t.is(identifyMachine({ macs: [mac(3), mac(4)] }, all), later);
  t.is(identifyMachine({ macs: [mac(9)], uuid: uuidA }, all), undefined);
});

test('a network adapter that goes from PC to PC does not take the machine along', (t) => {
  const known = machine({ uuid: uuidA, macs: [mac(1)] });
  t.false(isSameMachine(known, inventory([mac(1)], uuidB, [disk('B')])));
});

test('a PC stays the same machine with a new adapter, a new board or a new disk', (t) => {
  const known = machine({ uuid: uuidA, macs: [mac(1)] });
  t.true(isSameMachine(known, inventory([mac(2)], uuidA, [disk('A')])), 'new adapter');
  t.true(isSameMachine(known, inventory([mac(1)], uuidB, [disk('A')])), 'new board');
  t.true(isSameMachine(known, inventory([mac(1)], uuidA, [disk('B')])), 'new disk');
});

test('a UUID alone is no proof, nor is a slot that a disk sits in', (t) => {
  const slot = { ...disk('A'), id: 'path:pci-0000:00:1f.2' };
  const known = machine({ uuid: uuidA, macs: [mac(1)], inventory: inventory([mac(1)], uuidA, [slot]) });
  t.false(isSameMachine(known, inventory([mac(2)], uuidA, [slot])));
  t.false(isSameMachine(known, inventory([mac(2)], uuidA, [])));
});
