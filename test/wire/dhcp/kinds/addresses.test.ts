import test from 'ava';
import fc from 'fast-check';
import { addresses } from '../../../../src/wire/dhcp/kinds/addresses.ts';
import { address } from '../samples.ts';
import { isWritten, keepsContract, refusesBytes, refusesValues } from './contract.ts';

test('addresses', (t) => {
  keepsContract(t, addresses, fc.array(address, { minLength: 1, maxLength: 9 }));
  isWritten(t, addresses, ['10.0.0.1', '10.0.0.2'], '0a0000010a000002');
  refusesBytes(t, addresses, '', '0a0000', '0a0000010a');
  refusesValues(t, addresses, [], ['10.0.0.1', 'router']);
});
