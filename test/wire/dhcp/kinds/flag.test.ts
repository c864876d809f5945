import test from 'ava';
import fc from 'fast-check';
import { flag } from '../../../../src/wire/dhcp/kinds/flag.ts';
import { isWritten, keepsContract, refusesBytes } from './contract.ts';

test('a flag', (t) => {
  keepsContract(t, flag, fc.boolean());
  isWritten(t, flag, true, '01');
  refusesBytes(t, flag, '', '02', '0101');
});
