import test from 'ava';
import {
  addressNumber,
  addressText,
  broadcastAddress,
  isInSubnet,
  type Subnet,
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
  const half = (subnet: Subnet) => Object.values(upperHalf(subnet)).map(addressText);
  t.deepEqual(half(room), ['10.20.30.128', '10.20.30.254']);
  t.deepEqual(half(wide), ['192.168.8.0', '192.168.15.254']);
  t.deepEqual(half({ address: '10.0.0.1', netmask: '255.0.0.0' }), ['10.254.255.255', '10.255.255.254']);
});
