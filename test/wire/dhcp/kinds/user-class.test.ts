import test from 'ava';
import fc from 'fast-check';
import { userClass } from '../../../../src/wire/dhcp/kinds/user-class.ts';
import { byteText } from '../samples.ts';
import { isWritten, keepsContract, refusesValues } from './contract.ts';

test('user classes', (t) => {
  keepsContract(t, userClass, fc.array(byteText(60, 1), { maxLength: 4 }));
  isWritten(t, userClass, ['iPXE', 'lab'], '0469505845036c6162');
  refusesValues(t, userClass, [''], ['x'.repeat(256)], ['5 €']);
});

test('a bare text, as iPXE sends it, is one class', (t) => {
  t.deepEqual(userClass.decode(Buffer.from('iPXE')), ['iPXE']);
});
