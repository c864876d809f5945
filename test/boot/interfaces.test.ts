import test from 'ava';
import { planUnits } from '../../src/boot/network/attend-interface.ts';
import { isAmbiguous, readInterfaces, requireInterface } from '../../src/boot/network/interfaces.ts';
import { heapBytes } from '../e2e/fuzz/heap.ts';
import { enterRoom } from './room/enter.ts';

test('the kernel names an interface’s addresses; a missing interface is an error that names the others', (t) => {
  const lo = readInterfaces().get('lo');
  t.like(lo, { isUp: true, mac: '00:00:00:00:00:00' });
  t.deepEqual(lo?.subnets[0], { address: '127.0.0.1', netmask: '255.0.0.0' });
  t.throws(() => requireInterface('nope0'), {
    code: 'CONFIG_INVALID',
    message: /no interface nope0; there are/,
  });
});

test('the kernel can be asked for ever: asking keeps nothing', async (t) => {
  const ask = (times: number) => {
    for (let count = 0; count < times; count++) readInterfaces();
  };
  ask(500);
  const before = await heapBytes();
  ask(5000);
  const growth = (await heapBytes()) - before;
  t.true(growth < 1024 * 1024, `${growth} bytes`);
});

test('a subnet is ambiguous when another interface has addresses of it', (t) => {
  const face = (name: string, address: string, netmask: string) =>
    [name, { name, index: 1, mac: '', isUp: true, subnets: [{ address, netmask }] }] as const;
  const interfaces = new Map([
    face('eth1', '10.0.0.1', '255.255.255.0'),
    face('eth2', '10.0.0.129', '255.255.255.128'),
    face('eth3', '10.0.1.1', '255.255.255.0'),
  ]);
  const ambiguous = [...interfaces.values()].filter(({ name, subnets: [subnet] }) =>
    isAmbiguous(subnet as { address: string; netmask: string }, name, interfaces),
  );
  t.deepEqual(
    ambiguous.map(({ name }) => name),
    ['eth1', 'eth2'],
  );
});

test('units follow the addresses; while the interface is switched off nothing is opened and nothing is lost', (t) => {
  const unit = (key: string) => ({ key, open: async () => ({ close: async () => {} }) });
  const plan = (running: string[], wanted: string[], condition: 'up' | 'down' | 'gone') => {
    const { close, open } = planUnits(running, wanted.map(unit), condition);
    return { close, open: open.map(({ key }) => key) };
  };
  t.deepEqual(plan([], ['a', 'b'], 'up'), { close: [], open: ['a', 'b'] });
  t.deepEqual(plan(['a', 'b'], ['b', 'c'], 'up'), { close: ['a'], open: ['c'] });
  t.deepEqual(plan(['a'], ['a', 'b'], 'down'), { close: [], open: [] });
  t.deepEqual(plan(['a'], [], 'gone'), { close: ['a'], open: [] });
});

test('each interface answers for itself, through all that happens to it', async (t) => {
  const seen = (await enterRoom(t, 'interfaces.ts')) as Record<string, Record<string, string>>;
  const at = (address: string) => ({ http: address });
  t.like(seen, {
    first: { serverid: '10.77.0.1' },
    second: { serverid: '10.77.0.2' },
    tagged: { serverid: '10.79.0.1' },
    fetched: [at('10.77.0.1'), at('10.77.0.2'), at('10.79.0.1')],
    withoutDhcp: { lease: 'failed', ...at('10.81.0.1') },
    atSecondAddress: at('10.80.0.1'),
    afterSwitching: { serverid: '10.77.0.2' },
    stillServed: { serverid: '10.79.0.1' },
    afterReturn: { lease: { serverid: '10.77.0.2' }, ...at('10.77.0.2') },
    errors: [],
  });
  t.deepEqual((seen['waited'] as unknown as object[])[0], { interface: 'pc3-room' });
  t.not(seen['first']?.['ip'], seen['second']?.['ip']);
  const tftp = [
    ...(seen['fetched'] as unknown as { tftp: string }[]),
    seen['atSecondAddress'],
    seen['afterReturn'],
  ];
  for (const each of tftp) t.regex(each?.tftp ?? '', /nope is not in the boot folder/);
});
