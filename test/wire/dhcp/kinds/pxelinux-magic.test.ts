import test from 'ava';
import fc from 'fast-check';
import { pxelinuxMagic } from '../../../../src/wire/dhcp/kinds/pxelinux-magic.ts';
import { isWritten, keepsContract, refusesBytes } from './contract.ts';

test('PXELINUX’s magic', (t) => {
  keepsContract(t, pxelinuxMagic, fc.constant(true));
  isWritten(t, pxelinuxMagic, true, 'f100747e');
  refusesBytes(t, pxelinuxMagic, '', 'f1007400', 'f100747e00');
});
