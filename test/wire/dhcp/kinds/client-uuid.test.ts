import test from 'ava';
import fc from 'fast-check';
import { clientUuid } from '../../../../src/wire/dhcp/kinds/client-uuid.ts';
import { isWritten, keepsContract, refusesBytes, refusesValues } from './contract.ts';

test('a client UUID, its first groups swapped', (t) => {
  keepsContract(t, clientUuid, fc.uuid());
  isWritten(t, clientUuid, '4c4c4544-0042-3510-8052-b4c04f4d4831', '0044454c4c420010358052b4c04f4d4831');
  refusesBytes(t, clientUuid, '', '00', `01${'00'.repeat(16)}`, '00'.repeat(16), '00'.repeat(18));
  refusesValues(
    t,
    clientUuid,
    '',
    '4c4c4544',
    '4c4c4544-0042-3510-8052-b4c04f4d483x',
    `${'4c4c4544-0042-3510-8052-b4c04f4d4831'}00`,
  );
});
