import test from 'ava';
import fc from 'fast-check';
import { pxeBootMenu, pxeBootServers, pxeMenuPrompt } from '../../../../src/wire/dhcp/kinds/pxe-menu.ts';
import { address, byteText } from '../samples.ts';
import { isWritten, keepsContract, refusesBytes, refusesValues } from './contract.ts';

const type = fc.nat(0xffff);

test('boot servers', (t) => {
  const server = fc.record({ type, addresses: fc.array(address, { maxLength: 4 }) });
  keepsContract(t, pxeBootServers, fc.array(server, { maxLength: 3 }));
  isWritten(t, pxeBootServers, [{ type: 0x8000, addresses: ['10.0.0.1'] }], '8000010a000001');
  refusesBytes(t, pxeBootServers, '80', '800001', '8000010a0000');
  refusesValues(t, pxeBootServers, [{ type: 65536, addresses: [] }]);
});

test('the boot menu a Raspberry Pi looks for', (t) => {
  keepsContract(t, pxeBootMenu, fc.array(fc.record({ type, text: byteText(40) }), { maxLength: 3 }));
  isWritten(
    t,
    pxeBootMenu,
    [{ type: 0, text: 'Raspberry Pi Boot' }],
    `000011${Buffer.from('Raspberry Pi Boot').toString('hex')}`,
  );
  refusesBytes(t, pxeBootMenu, '00', '000002', '00000261');
  refusesValues(t, pxeBootMenu, [{ type: 0, text: 'x'.repeat(256) }], [{ type: 0, text: '5 €' }]);
});

test('the prompt of the menu', (t) => {
  keepsContract(t, pxeMenuPrompt, fc.record({ seconds: fc.nat(255), text: byteText(40) }));
  isWritten(t, pxeMenuPrompt, { seconds: 0, text: 'PXE' }, '00505845');
  refusesBytes(t, pxeMenuPrompt, '');
});
