import test from 'ava';
import { holds, sizeOf, subtract } from '../../src/boot/dhcp/range.ts';
import { reservationOf } from '../../src/boot/dhcp/reservation.ts';
import { allScopes, clientOptions, mayGive } from '../../src/boot/dhcp/scope.ts';
import { dhcpSchema } from '../../src/boot/dhcp/scope-schema.ts';
import { selectScope } from '../../src/boot/dhcp/select-scope.ts';
import { addressNumber } from '../../src/boot/dhcp/subnet.ts';
import { options, readOption, writeOption } from '../../src/wire/dhcp/options.ts';
import { pxe, requestOf, type Sent, scopeWith } from './samples.ts';

const config = (more: object = {}) =>
  dhcpSchema.parse({
    leaseSeconds: 3600,
    probeMilliseconds: 0,
    options: {},
    classes: [],
    scopes: [],
    ...more,
  });
const face = { name: 'eth1', subnet: { address: '10.0.0.1', netmask: '255.255.255.0' } };
const faults = (scopes: object[], more: object = {}): string[] => {
  const checked = dhcpSchema.safeParse({
    leaseSeconds: 3600,
    probeMilliseconds: 0,
    options: {},
    classes: [],
    scopes,
    ...more,
  });
  return (checked.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
};

test('ranges without holes stay in order and never overlap', (t) => {
  const range = (first: number, last: number) => ({ first, last });
  const left = subtract(
    [range(50, 60), range(10, 30)],
    [range(25, 52), range(10, 10), range(55, 55), range(15, 16)],
  );
  t.deepEqual(left, [range(11, 14), range(17, 24), range(53, 54), range(56, 60)]);
  t.is(sizeOf(left), 19);
  t.deepEqual(
    [10, 11, 16, 24, 25, 52, 53, 55, 60, 61].filter((number) => holds(left, number)),
    [11, 24, 53, 60],
  );
});

test('the simple form: an interface with a pool, or without one', (t) => {
  const [simple] = allScopes(config(), [
    { ...face, pool: { first: '10.0.0.1', last: '10.0.0.9' }, router: '10.0.0.2' },
  ]);
  if (!simple) return t.fail();
  const given = [0, 1, 2, 3, 9, 10].filter((last) => mayGive(`10.0.0.${last}`, simple, undefined));
  t.deepEqual(given, [3, 9]);
  const [upper] = allScopes(config(), [face]);
  t.deepEqual(upper?.pools, [{ first: addressNumber('10.0.0.128'), last: addressNumber('10.0.0.254') }]);
});

test('the simple form contradicts itself: refused with the interface named', (t) => {
  for (const pool of [
    { first: '10.0.0.9', last: '10.0.0.8' },
    { first: '10.0.9.9', last: '10.0.9.9' },
    { first: '10.0.0.9', last: '10.0.0.255' },
  ])
    t.throws(() => allScopes(config(), [{ ...face, pool }]), { code: 'CONFIG_INVALID', message: /of eth1/ });
  t.throws(() => allScopes(config(), [face, { ...face, name: 'eth2' }]), {
    code: 'CONFIG_INVALID',
    message: /10\.0\.0\.0\/24 of eth2 is served already/,
  });
});

test('with scopes configured an interface gives no addresses of its own unless told to', (t) => {
  const scopes = [{ subnet: '10.0.0.0/24' }, { subnet: '10.1.0.0/16' }];
  t.deepEqual(
    allScopes(config({ scopes }), [face]).map(({ name }) => name),
    ['10.0.0.0/24', '10.1.0.0/16'],
  );
  const servers = { name: 'eth2', subnet: { address: '10.7.0.1', netmask: '255.255.255.0' } };
  t.is(allScopes(config({ scopes }), [face, servers]).length, 2);
  const pool = { first: '10.7.0.9', last: '10.7.0.10' };
  t.deepEqual(
    allScopes(config({ scopes }), [face, { ...servers, pool }])
      .map(({ name }) => name)
      .at(-1),
    '10.7.0.0/24',
  );
  t.throws(() => allScopes(config({ scopes }), [{ ...face, router: '10.0.0.2' }]), {
    code: 'CONFIG_INVALID',
  });
});

test('contradictions are named by their path', (t) => {
  const mac = '52:54:00:00:00:01';
  const found = faults([
    {
      subnet: '10.0.0.0/24',
      pools: [
        { first: '10.0.0.10', last: '10.0.0.99' },
        { first: '10.0.0.99', last: '10.0.0.120' },
        { first: '10.0.1.1', last: '10.0.1.2' },
      ],
      exclude: ['10.9.9.9'],
      router: '10.0.9.1',
      reservations: [
        { mac, address: '10.0.0.7' },
        { mac: '52-54-00-00-00-01', address: '10.0.0.8' },
        { clientId: 'ff:00', address: '10.0.0.7' },
        { clientId: 'ff01', address: '10.0.2.7' },
      ],
    },
    { subnet: '10.0.0.128/25' },
  ]);
  t.deepEqual(found, [
    'scopes.0.pools.2: 10.0.1.1 to 10.0.1.2 does not lie in the network 10.0.0.0/24',
    'scopes.0.pools.1: overlaps with the pool 10.0.0.10 to 10.0.0.99',
    'scopes.0.exclude.0: 10.9.9.9 does not lie in the network 10.0.0.0/24',
    'scopes.0.router: 10.0.9.1 does not lie in the network 10.0.0.0/24',
    'scopes.0.reservations.3.address: 10.0.2.7 does not lie in the network 10.0.0.0/24',
    'scopes.0.reservations.1.mac: is reserved twice, see reservations.0',
    'scopes.0.reservations.2.address: is reserved twice, see reservations.0',
    'scopes.1.subnet: overlaps with scopes.0, 10.0.0.0 to 10.0.0.255',
  ]);
});

test('what is written wrong is named by its path', (t) => {
  const found = faults(
    [
      {
        subnet: '10.0.0.1/24',
        reservations: [{ address: '10.0.0.7' }, { mac: '52:54', address: '10.0.0.8' }],
        classes: [{ match: {}, options: {} }],
      },
    ],
    { options: { domainNam: 'x', ntpServers: 'x', 82: '00', 252: 'xyz', 15: '61', domainName: 'b' } },
  );
  t.deepEqual(found.map((line) => line.slice(0, line.indexOf(': '))).sort(), [
    'options.252',
    'options.82',
    'options.domainNam',
    'options.domainName',
    'options.ntpServers',
    'scopes.0.classes.0.match',
    'scopes.0.reservations.0',
    'scopes.0.reservations.1.mac',
    'scopes.0.subnet',
  ]);
});

test('a pool of a million addresses is the largest', (t) => {
  const pool = (last: string) => faults([{ subnet: '10.0.0.0/8', pools: [{ first: '10.0.0.1', last }] }]);
  t.deepEqual(pool('10.16.0.0'), []);
  t.regex(pool('10.16.0.1')[0] ?? '', /scopes\.0\.pools: .*at most 1048576/);
});

const scopes = [
  scopeWith(),
  scopeWith({
    subnet: '10.20.0.0/16',
    pools: [{ first: '10.20.1.0', last: '10.20.1.9' }],
    router: '10.20.0.1',
  }),
];
const relayed = (hex: string): Sent => ({
  giaddr: '10.0.0.7',
  more: [[options.relayAgentInformation.code, Buffer.from(hex, 'hex')]],
});
const selected = (sent: Sent, server = '10.0.0.1') =>
  selectScope(requestOf('DHCPREQUEST', sent).packet, scopes, server)?.name;

test('the scope: link selection, giaddr, ciaddr, interface', (t) => {
  t.is(selected({}), '10.0.0.0/24');
  t.is(selected({}, '10.77.0.1'), undefined);
  t.is(selected({ giaddr: '10.20.0.1' }), '10.20.0.0/16');
  t.is(selected({ giaddr: '10.21.0.1' }), undefined);
  // RFC 3527: sub-option 5 wins over giaddr; broken or missing it does not count.
  t.is(selected(relayed('01020304' + '05040a140000')), '10.20.0.0/16');
  t.is(selected(relayed('05040a150000')), undefined);
  for (const hex of ['01020304', '05040a14', '05030a1400']) t.is(selected(relayed(hex)), '10.0.0.0/24');
  // A relayed client renews by unicast, past its relay.
  t.is(selected({ ciaddr: '10.20.1.5' }), '10.20.0.0/16');
  t.is(selected({ ciaddr: '10.99.1.5' }), '10.0.0.0/24');
  t.is(selected({ ciaddr: '10.20.1.5', giaddr: '10.0.0.7' }), '10.0.0.0/24');
});

test('the most specific option wins: all, scope, class, host', (t) => {
  const one = allScopes(
    config({
      options: { domainName: 'all', ntpServers: '10.0.0.1', wpad: 'all' },
      classes: [{ match: { vendorClass: 'PXEClient' }, options: { domainName: 'pxe', 43: '0101' } }],
      scopes: [
        {
          subnet: '10.0.0.0/24',
          options: { domainName: 'scope', ntpServers: ['10.0.0.2', '10.0.0.3'] },
          classes: [
            { match: { arch: [7, 9] }, options: { domainName: 'x64' } },
            { match: { userClass: 'kiosk' }, options: { domainName: 'kiosk' } },
            { match: { arch: [7], userClass: 'kiosk' }, options: { wpad: 'both' } },
          ],
          reservations: [{ mac: '52:54:00:00:00:09', hostName: 'pc-9', options: { domainName: 'host' } }],
        },
      ],
    }),
    [],
  )[0];
  if (!one) return t.fail();
  const told = (sent: Sent) => {
    const request = requestOf('DHCPDISCOVER', sent);
    const set = clientOptions(request, one, reservationOf(request, one.reservations));
    return [15, 252, 42, 12, 43].map((code) =>
      code === 42 ? set.get(code)?.length : set.get(code)?.toString(),
    );
  };
  const kiosk = writeOption(options.userClass, ['kiosk', 'other']);
  t.deepEqual(told({}), ['scope', 'all', 8, undefined, undefined]);
  t.deepEqual(told({ more: pxe(0) }), ['pxe', 'all', 8, undefined, '\u0001\u0001']);
  t.deepEqual(told({ more: pxe(9) }).slice(0, 2), ['x64', 'all']);
  t.deepEqual(told({ more: [kiosk] }).slice(0, 2), ['kiosk', 'all']);
  t.deepEqual(told({ more: [...pxe(7), kiosk] }).slice(0, 2), ['kiosk', 'both']);
  t.deepEqual(told({ more: pxe(7), mac: '52:54:00:00:00:09' }).slice(0, 4), ['host', 'all', 8, 'pc-9']);
});

test('a host is known by MAC, client id or UUID', (t) => {
  const uuid = '4c4c4544-0042-3510-8052-b4c04f4d4831';
  const one = scopeWith({
    reservations: [
      { mac: '52:54:00:00:00:09', address: '10.0.0.9' },
      { clientId: 'FF:00:11', address: '10.0.0.10' },
      { uuid: uuid.toUpperCase(), address: '10.0.0.101' },
    ],
  });
  const reserved = (sent: Sent) => reservationOf(requestOf('DHCPDISCOVER', sent), one.reservations)?.address;
  const byId = writeOption(options.clientIdentifier, Buffer.from('ff0011', 'hex'));
  t.is(reserved({}), undefined);
  t.is(reserved({ mac: '52:54:00:00:00:09' }), '10.0.0.9');
  t.is(reserved({ more: [byId] }), '10.0.0.10');
  t.is(reserved({ more: [writeOption(options.clientUuid, uuid)] }), '10.0.0.101');
  t.is(
    reserved({ more: [byId, writeOption(options.clientUuid, uuid)], mac: '52:54:00:00:00:09' }),
    '10.0.0.10',
  );
  t.is(reserved({ more: [[options.clientUuid.code, Buffer.from('00', 'hex')]] }), undefined);
  // What is reserved is nobody else's, in the pool or not.
  t.true(mayGive('10.0.0.101', one, one.reservations.byAddress.get('10.0.0.101')));
  t.false(mayGive('10.0.0.101', one, undefined));
  t.true(mayGive('10.0.0.102', one, undefined));
  t.is(readOption({ options: one.options }, options.routers)?.[0], '10.0.0.254');
});
