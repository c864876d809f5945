import test from 'ava';
import fc from 'fast-check';
import { relayAgent } from '../../../../src/wire/dhcp/kinds/relay-agent.ts';
import { readOption, relayOptions, writeOption } from '../../../../src/wire/dhcp/options.ts';
import { bytes } from '../samples.ts';
import { isWritten, keepsContract, refusesBytes, refusesValues } from './contract.ts';

const parts = fc
  .array(fc.tuple(fc.nat(255), bytes(40)), { maxLength: 5 })
  .map((list) => new Map<number, Buffer>(list));

test('relay agent information: 0 and 255 are numbers like others', (t) => {
  keepsContract(t, relayAgent, parts);
  isWritten(
    t,
    relayAgent,
    new Map([
      [255, Buffer.from('a')],
      [0, Buffer.alloc(0)],
    ]),
    'ff01610000',
  );
  refusesBytes(t, relayAgent, '01', '010361', '0101610201');
  refusesValues(t, relayAgent, new Map([[1, Buffer.alloc(256)]]), new Map([[256, Buffer.alloc(1)]]));
});

test('its parts: circuit, remote end, link selection (RFC 3527), server identifier override (RFC 5107)', (t) => {
  const options = relayAgent.decode(
    relayAgent.encode(
      new Map([
        writeOption(relayOptions.circuitId, Buffer.from('eth0')),
        writeOption(relayOptions.remoteId, Buffer.from('525400000001', 'hex')),
        writeOption(relayOptions.linkSelection, '10.7.0.0'),
        writeOption(relayOptions.serverIdentifierOverride, '10.7.0.254'),
      ]),
    ),
  );
  t.is(
    relayAgent.encode(options).toString('hex'),
    '010465746830' + '0206525400000001' + '05040a070000' + '0b040a0700fe',
  );
  t.is(readOption({ options }, relayOptions.circuitId)?.toString(), 'eth0');
  t.is(readOption({ options }, relayOptions.linkSelection), '10.7.0.0');
  t.is(readOption({ options }, relayOptions.serverIdentifierOverride), '10.7.0.254');
});

test('of two parts with one number the first counts', (t) => {
  t.deepEqual(relayAgent.decode(Buffer.from('010161010162', 'hex')), new Map([[1, Buffer.from('a')]]));
});
