import test from 'ava';
import fc from 'fast-check';
import { interfaceVersion } from '../../../../src/wire/dhcp/kinds/interface-version.ts';
import { isWritten, keepsContract, refusesBytes, refusesValues } from './contract.ts';

test('an interface version', (t) => {
  keepsContract(
    t,
    interfaceVersion,
    fc.record({ type: fc.nat(255), major: fc.nat(255), minor: fc.nat(255) }),
  );
  isWritten(t, interfaceVersion, { type: 1, major: 3, minor: 16 }, '010310');
  refusesBytes(t, interfaceVersion, '', '0103', '01031000');
  refusesValues(t, interfaceVersion, { type: 256, major: 0, minor: 0 });
});
