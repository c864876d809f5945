import test from 'ava';
import fc from 'fast-check';
import { addressPairs } from '../../../../src/wire/dhcp/kinds/address-pairs.ts';
import { address } from '../samples.ts';
import { isWritten, keepsContract, refusesBytes, refusesValues } from './contract.ts';

test('pairs of addresses', (t) => {
  keepsContract(t, addressPairs, fc.array(fc.tuple(address, address), { minLength: 1, maxLength: 5 }));
  isWritten(t, addressPairs, [['10.1.0.0', '10.0.0.1']], '0a0100000a000001');
  refusesBytes(t, addressPairs, '', '0a010000', '0a0100000a00000100');
  refusesValues(t, addressPairs, [], [['10.1.0.0', '']]);
});
