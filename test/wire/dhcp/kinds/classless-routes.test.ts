import test from 'ava';
import fc from 'fast-check';
import { classlessRoutes } from '../../../../src/wire/dhcp/kinds/classless-routes.ts';
import { address } from '../samples.ts';
import { isWritten, keepsContract, refusesBytes, refusesValues } from './contract.ts';

const route = fc
  .record({ number: fc.nat(0xffffffff), prefixLength: fc.nat(32), router: address })
  .map(({ number, prefixLength, router }) => {
    const network = BigInt(number) & (((1n << BigInt(prefixLength)) - 1n) << BigInt(32 - prefixLength));
    const bytes = [24n, 16n, 8n, 0n].map((shift) => (network >> shift) & 255n);
    return { destination: bytes.join('.'), prefixLength, router };
  });

const router = '10.0.0.1';

test('classless routes, as in the table of RFC 3442', (t) => {
  keepsContract(t, classlessRoutes, fc.array(route, { minLength: 1, maxLength: 6 }));
  for (const [destination, prefixLength, hex] of [
    ['0.0.0.0', 0, '00'],
    ['10.0.0.0', 8, '080a'],
    ['10.0.0.0', 24, '180a0000'],
    ['10.17.0.0', 16, '100a11'],
    ['10.27.129.0', 24, '180a1b81'],
    ['10.229.0.128', 25, '190a e50080'],
    ['10.198.122.47', 32, '200ac67a2f'],
  ] as const)
    isWritten(t, classlessRoutes, [{ destination, prefixLength, router }], `${hex.replace(' ', '')}0a000001`);
  isWritten(
    t,
    classlessRoutes,
    [
      { destination: '0.0.0.0', prefixLength: 0, router },
      { destination: '10.8.0.0', prefixLength: 13, router: '0.0.0.0' },
    ],
    '000a000001' + '0d0a0800000000',
  );
});

test('bits behind the prefix are cleared when read, refused when written', (t) => {
  t.is(classlessRoutes.decode(Buffer.from('0d0aff0a000001', 'hex'))[0]?.destination, '10.248.0.0');
  refusesValues(t, classlessRoutes, [{ destination: '10.255.0.0', prefixLength: 13, router }]);
});

test('broken routes are refused', (t) => {
  refusesBytes(t, classlessRoutes, '', '00', '000a0000', '210a0000010a000001', '080a0a0000');
  refusesValues(
    t,
    classlessRoutes,
    [],
    [{ destination: '10.0.0.0', prefixLength: 33, router }],
    [{ destination: '10.0.0.0', prefixLength: 8, router: 'x' }],
  );
});
