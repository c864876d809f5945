import test from 'ava';
import { opaque } from '../../../../src/wire/dhcp/kinds/opaque.ts';
import { bytes } from '../samples.ts';
import { isWritten, keepsContract } from './contract.ts';

test('opaque bytes', (t) => {
  keepsContract(t, opaque, bytes(300));
  isWritten(t, opaque, Buffer.from([0, 255]), '00ff');
});
