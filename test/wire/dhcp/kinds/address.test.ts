import test from 'ava';
import { address } from '../../../../src/wire/dhcp/kinds/address.ts';
import * as samples from '../samples.ts';
import { isWritten, keepsContract, refusesBytes, refusesValues } from './contract.ts';

test('an address', (t) => {
  keepsContract(t, address, samples.address);
  isWritten(t, address, '255.255.255.0', 'ffffff00');
  isWritten(t, address, '0.0.0.0', '00000000');
  refusesBytes(t, address, '', '0a0000', '0a00000102');
  refusesValues(
    t,
    address,
    '',
    '10.0.0',
    '10.0.0.256',
    '10.0.0.0.1',
    '10.0..1',
    '.10.0.0',
    '10.0.0.',
    '10.0.0.1a',
    '10.0.0.0001',
    '-1.0.0.0',
    '10,0,0,1',
    '10.0.0.:',
  );
});
