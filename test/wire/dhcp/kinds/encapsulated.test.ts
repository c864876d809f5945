import test from 'ava';
import { encapsulated } from '../../../../src/wire/dhcp/kinds/encapsulated.ts';
import { optionMap } from '../samples.ts';
import { isWritten, keepsContract, refusesBytes, refusesValues } from './contract.ts';

test('options within an option', (t) => {
  keepsContract(t, encapsulated, optionMap(300, 5));
  isWritten(t, encapsulated, new Map([[235, Buffer.from([1, 21, 1])]]), 'eb03011501');
  refusesBytes(t, encapsulated, 'eb', 'eb0301');
  refusesValues(t, encapsulated, new Map([[255, Buffer.alloc(1)]]), new Map([[0, Buffer.alloc(1)]]));
});
