import test from 'ava';
import { text } from '../../../../src/wire/dhcp/kinds/text.ts';
import { byteText } from '../samples.ts';
import { isWritten, keepsContract, refusesValues } from './contract.ts';

test('text', (t) => {
  keepsContract(t, text, byteText(300));
  isWritten(t, text, 'Hörsaal', '48f6727361616c');
  refusesValues(t, text, 'a\0b', '5 €');
});

test('text ends at its NUL, whatever stands behind', (t) => {
  t.is(text.decode(Buffer.from('MSFT 5.0\0')), 'MSFT 5.0');
  t.is(text.decode(Buffer.from('pc\0\x1b[2Jx')), 'pc');
  t.is(text.decode(Buffer.from('\0')), '');
});
