import test from 'ava';
import { interfaceSubnet } from '../../src/boot/dhcp/interface-subnet.ts';
import { mayGive, scopeOf } from '../../src/boot/dhcp/scope.ts';
import {
  addressNumber,
  addressText,
  broadcastAddress,
  isInSubnet,
  upperHalf,
} from '../../src/boot/dhcp/subnet.ts';

const room = { address: '10.20.30.1', netmask: '255.255.255.0' };
const wide = { address: '192.168.0.9', netmask: '255.255.240.0' };

test('addresses are numbers and back, also above 2^31', (t) => {
  for (const address of ['0.0.0.0', '10.20.30.40', '192.168.255.1', '255.255.255.255'])
    t.is(addressText(addressNumber(address)), address);
});

test('broadcast address, membership and default pool follow the netmask', (t) => {
  t.is(broadcastAddress(room), '10.20.30.255');
  t.is(broadcastAddress(wide), '192.168.15.255');
  t.true(isInSubnet('192.168.15.254', wide));
  for (const outside of ['192.168.16.1', '192.168.0.0', '192.168.15.255']) t.false(isInSubnet(outside, wide));
  t.deepEqual(upperHalf(room), { first: '10.20.30.128', last: '10.20.30.254' });
  t.deepEqual(upperHalf(wide), { first: '192.168.8.0', last: '192.168.15.254' });
});

test('a pool must lie in the network', (t) => {
  const scope = (first: string, last: string) => scopeOf('eth1', room, 60, { pool: { first, last } });
  t.notThrows(() => scope('10.20.30.2', '10.20.30.2'));
  for (const [first, last] of [
    ['10.20.30.9', '10.20.30.8'],
    ['10.20.29.9', '10.20.30.9'],
    ['10.20.30.9', '10.20.30.255'],
  ] as const)
    t.throws(() => scope(first, last), { code: 'CONFIG_INVALID', message: /network of eth1/ });
});

test('neither our own address nor the router’s is given away', (t) => {
  const scope = scopeOf('eth1', room, 60, {
    pool: { first: '10.20.30.1', last: '10.20.30.9' },
    router: '10.20.30.2',
  });
  t.deepEqual(
    [0, 1, 2, 3, 9, 10].filter((last) => mayGive(`10.20.30.${last}`, scope)),
    [3, 9],
  );
});

test('the kernel names an interface’s address; a missing one is an error with a remedy', (t) => {
  t.deepEqual(interfaceSubnet('lo'), { address: '127.0.0.1', netmask: '255.0.0.0' });
  t.throws(() => interfaceSubnet('nope0'), { code: 'CONFIG_INVALID', message: /nope0.*ip address add/ });
});
