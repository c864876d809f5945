import test from 'ava';
import { pxeDiscoveryControl, skipDiscovery, vendor } from '../../../../src/wire/dhcp/kinds/vendor.ts';
import { optionMap } from '../samples.ts';
import { isWritten, keepsContract, refusesBytes } from './contract.ts';

test('vendor options have an end mark', (t) => {
  keepsContract(t, vendor, optionMap(100, 5));
  isWritten(t, vendor, new Map([[pxeDiscoveryControl, skipDiscovery]]), '060108ff');
  refusesBytes(t, vendor, '0602');
});

test('vendor options may lack their end mark', (t) => {
  t.deepEqual(vendor.decode(Buffer.from([6, 1, 8])), new Map([[6, Buffer.from([8])]]));
});
