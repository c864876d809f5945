import test from 'ava';
import { ForeignServers } from '../../src/boot/dhcp/foreign-servers.ts';
import { answeringServer, probePacket, serverOfRequest } from '../../src/boot/dhcp/probe.ts';
import { macsInTable } from '../../src/boot/network/neighbours.ts';
import { enterRoom } from './room/enter.ts';
import { readableLog } from './room/readable-log.ts';
import { requestOf } from './samples.ts';

const servers = (mode: 'server' | 'proxy') => {
  const { log, lines } = readableLog();
  const clock = { now: 1000 };
  const foreign = new ForeignServers({
    mode,
    isOwn: (address) => address === '10.0.0.1',
    macOf: () => undefined,
    forgetMs: 100,
    clock: () => clock.now,
    log,
  });
  const warnings = () => lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
  return { foreign, warnings, clock };
};

test('a second server is told once, ourselves never; a flood of forged ones is bounded', (t) => {
  const { foreign, warnings, clock } = servers('server');
  foreign.saw('10.0.0.1', 'request');
  t.deepEqual(foreign.list(), []);
  foreign.saw('10.0.0.2', 'probe');
  foreign.saw('10.0.0.2', 'request');
  t.is(warnings().length, 1);
  clock.now = 2000;
  foreign.judge();
  t.deepEqual(foreign.list(), []);
  foreign.saw('10.0.0.2', 'probe');
  t.is(warnings().length, 2, 'it came back');
  for (let last = 0; last < 256; last++) foreign.saw(`10.1.0.${last}`, 'request');
  t.is(foreign.list().length, 16);
});

test('beside a proxy one server is expected: none and several are told, once', (t) => {
  const { foreign, warnings } = servers('proxy');
  foreign.judge();
  foreign.judge();
  t.is(warnings().length, 1);
  t.regex(warnings()[0] ?? '', /no DHCP server answers/);
  foreign.saw('10.0.0.2', 'probe');
  foreign.judge();
  t.is(warnings().length, 1);
  foreign.saw('10.0.0.3', 'probe');
  foreign.judge();
  foreign.judge();
  t.is(warnings().length, 2);
  t.regex(warnings()[1] ?? '', /several DHCP servers.*10\.0\.0\.2, 10\.0\.0\.3/);
});

test('only answers to our own probes and REQUESTs of this network give a server away', (t) => {
  const source = { address: '10.0.0.9', port: 67 };
  const reply = { ...probePacket(7, '52:54:00:00:00:01', '10.0.0.1'), op: 'BOOTREPLY' as const };
  t.is(answeringServer(reply, new Set([7]), { source }), '10.0.0.9');
  t.is(answeringServer(reply, new Set([8]), { source }), undefined);
  t.is(answeringServer({ ...reply, op: 'BOOTREQUEST' }, new Set([7]), { source }), undefined);
  const request = (giaddr: string) =>
    serverOfRequest(requestOf('DHCPREQUEST', { server: '10.0.0.2', giaddr }).packet);
  t.is(request('0.0.0.0'), '10.0.0.2');
  t.is(request('10.5.0.1'), undefined);
  t.is(serverOfRequest(requestOf('DHCPRELEASE', { server: '10.0.0.2' }).packet), undefined);
});

test('the MAC of a neighbour', (t) => {
  const table = [
    'IP address       HW type     Flags       HW address            Mask     Device',
    '10.0.0.2         0x1         0x2         52:54:00:00:00:02     *        eth1',
    '10.0.0.3         0x1         0x0         00:00:00:00:00:00     *        eth1',
    '',
  ].join('\n');
  t.is(macsInTable(table, 'eth1').get('10.0.0.2'), '52:54:00:00:00:02');
  t.is(macsInTable(table, 'eth2').get('10.0.0.2'), undefined);
  t.is(macsInTable(table, 'eth1').get('10.0.0.3'), undefined);
});

test('dnsmasq, Kea and ISC dhcpd on the wire are found, by asking and by overhearing, and no lease is taken', async (t) => {
  const seen = (await enterRoom(t, 'other-servers.ts')) as Record<string, unknown>;
  const found = ['10.77.0.2', '192.168.1.1', '192.168.3.1'];
  t.like(seen, {
    found: found.map((server) => ({ interface: 'room', server, seenBy: 'probe' })),
    status: [{ name: 'room', dhcp: 'server', condition: 'up', addresses: ['10.77.0.1'] }],
    warnings: 3,
    leased: '',
    ours: 0,
    named: { server: '10.77.0.2', seenBy: 'request' },
  });
  const [status] = seen['status'] as { otherServers: { address: string; mac?: string }[] }[];
  t.deepEqual(
    status?.otherServers.map(({ address }) => address),
    found,
  );
  const inOurNetwork = status?.otherServers.find(({ address }) => address === '10.77.0.2');
  t.regex(inOurNetwork?.mac ?? '', /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
  t.regex(String(seen['several']), /several DHCP servers/);
});
