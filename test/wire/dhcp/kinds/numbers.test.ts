import test from 'ava';
import fc from 'fast-check';
import { i32, u8, u8List, u16, u16List, u32 } from '../../../../src/wire/dhcp/kinds/numbers.ts';
import { isWritten, keepsContract, refusesBytes, refusesValues } from './contract.ts';

test('numbers of one, two and four bytes', (t) => {
  keepsContract(t, u8, fc.nat(0xff));
  keepsContract(t, u16, fc.nat(0xffff));
  keepsContract(t, u32, fc.nat(0xffffffff));
  isWritten(t, u32, 0xfffffffe, 'fffffffe');
  refusesBytes(t, u8, '', '0102');
  refusesBytes(t, u16, '', '01', '010203');
  refusesBytes(t, u32, '', '010203', '0102030405');
  refusesValues(t, u8, -1, 256, 0.5, Number.NaN);
  refusesValues(t, u16, -1, 65536, Number.POSITIVE_INFINITY);
  refusesValues(t, u32, -1, 2 ** 32);
});

test('a number with a sign: an hour west of Greenwich', (t) => {
  keepsContract(t, i32, fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }));
  isWritten(t, i32, -3600, 'fffff1f0');
  refusesBytes(t, i32, '', 'fffff1');
  refusesValues(t, i32, 2 ** 31, -(2 ** 31) - 1);
});

test('lists of numbers', (t) => {
  keepsContract(t, u8List, fc.array(fc.nat(0xff), { minLength: 1, maxLength: 40 }));
  keepsContract(t, u16List, fc.array(fc.nat(0xffff), { minLength: 1, maxLength: 9 }));
  isWritten(t, u16List, [7, 16], '00070010');
  refusesBytes(t, u8List, '');
  refusesBytes(t, u16List, '', '00', '000700');
  refusesValues(t, u16List, [], [7, 65536]);
});
