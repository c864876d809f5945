import test from 'ava';
import { type InheritedSocket, inheritedDescriptors, socketFor } from '../../src/boot/network/inherited.ts';
import { enterRoom } from './room/enter.ts';

test('descriptors are inherited only by the process that they are meant for', (t) => {
  const env = { LISTEN_FDS: '2', LISTEN_PID: '77', LISTEN_FDNAMES: 'dhcp:tftp' };
  t.deepEqual(inheritedDescriptors(env, 77), [
    { fd: 3, name: 'dhcp' },
    { fd: 4, name: 'tftp' },
  ]);
  t.deepEqual(inheritedDescriptors({ ...env, LISTEN_FDNAMES: undefined }, 77)[1], { fd: 4, name: 'unknown' });
  t.deepEqual(inheritedDescriptors(env, 78), []);
  t.deepEqual(inheritedDescriptors({}, 77), []);
  t.throws(() => inheritedDescriptors({ ...env, LISTEN_FDS: '2x' }, 77), { code: 'CONFIG_INVALID' });
});

test('an inherited socket serves its address or its interface, the nearest first', (t) => {
  const socket = (fd: number, address: string, device?: string): InheritedSocket => ({
    fd,
    name: '',
    transport: 'udp',
    port: 67,
    address,
    device,
  });
  const all = [
    socket(3, '0.0.0.0'),
    socket(4, '0.0.0.0', 'eth1'),
    socket(5, '10.0.0.1', 'eth1'),
    socket(6, '10.0.0.2'),
  ];
  const find = (address: string, device?: string, interfaceName = 'eth1') =>
    socketFor('udp', { address, port: 67, device }, interfaceName, all)?.fd;
  t.is(find('10.0.0.1', 'eth1'), 5);
  t.is(find('255.255.255.255', 'eth1'), 4);
  t.is(find('10.0.0.2'), 6);
  t.is(find('10.0.0.2', 'eth1'), 4, 'DHCP needs one that is held to the interface');
  t.is(find('10.0.0.3', undefined, 'eth2'), undefined);
  t.is(socketFor('tcp', { address: '10.0.0.1', port: 67 }, 'eth1', all), undefined);
});

// Another user than root can only be had as root.
const asRoot = process.getuid?.() === 0 ? test : test.skip;

asRoot(
  'the appliance runs with two capabilities, says what it lacks, and takes sockets that are handed to it',
  async (t) => {
    const seen = (await enterRoom(t, 'rights.ts')) as Record<
      string,
      { lease: string; http: string; tftp: string; status: number; said: string; reply: object }
    >;
    for (const served of [seen['withCapabilities'], seen['withSockets']]) {
      t.like(served, { lease: '10.77.0.1', http: '404', status: 0 }, served?.said);
      t.regex(served?.tftp ?? '', /nope is not in the boot folder/);
    }
    const powerless = seen['withoutRights'];
    t.is(powerless?.status, 1);
    t.deepEqual(
      powerless?.said.split('\n').filter((line) => line.startsWith('greif: ')),
      ['UDP port 69 on 10.77.0.1', 'UDP port 67 on pc-room'].map(
        (port) =>
          `greif: ${port} cannot be opened: that needs root, or the capabilities CAP_NET_BIND_SERVICE and CAP_NET_RAW, or sockets from systemd (docs/network.md)`,
      ),
    );
    t.regex(
      seen['withSockets']?.said ?? '',
      /inherited socket other \(UDP port 5555 on 10\.77\.0\.1\) is not used/,
    );
    t.like(seen['withProxySockets'], {
      status: 0,
      reply: { from: '10.77.0.1:4011', yiaddr: '0.0.0.0', file: 'loaders/undionly.kpxe' },
    });
  },
);
