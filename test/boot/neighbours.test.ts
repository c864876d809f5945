import test from 'ava';
import { createNeighbourLookup, macsInTable } from '../../src/boot/network/neighbours.ts';

const table = `IP address       HW type     Flags       HW address            Mask     Device
10.0.0.50        0x1         0x2         52:54:00:00:00:01     *        eth1
10.0.0.51        0x1         0x0         00:00:00:00:00:00     *        eth1
`;

test('complete entries of the ARP table, and no others', (t) => {
  t.deepEqual([...macsInTable(table)], [['10.0.0.50', '52:54:00:00:00:01']]);
  t.is(macsInTable('').size, 0);
  t.is(macsInTable('nonsense\nnonsense').size, 0);
});

test('the table is read at most five times a second, and a failure is no answer', (t) => {
  let now = 0;
  let readings = 0;
  const readTable = () => {
    readings += 1;
    if (readings === 2) throw new Error('no /proc');
    return table;
  };
  const lookUp = createNeighbourLookup(() => now, readTable);
  for (let n = 0; n < 1000; n++) t.is(lookUp('10.0.0.50'), '52:54:00:00:00:01');
  t.is(readings, 1);
  now = 200;
  t.is(lookUp('10.0.0.50'), undefined);
  now = 400;
  t.is(lookUp('10.0.0.50'), '52:54:00:00:00:01');
});
