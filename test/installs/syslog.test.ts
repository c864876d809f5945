import { execFile } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { silentLog } from '../../src/core/log.ts';
import type { InstallerEar } from '../../src/installs/installer-ear.ts';
import { startSyslogServer } from '../../src/installs/syslog-server.ts';
import { mac } from '../fleet/samples.ts';
import { curl, installRoom } from './install-room.ts';

/** A receiver on a loopback port; `heard` resolves with the line that it has dealt with. */
const listen = async (t: ExecutionContext, ear: InstallerEar) => {
  const socket: Socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  let told = (_text: string): void => {};
  const server = startSyslogServer(
    socket,
    (address, line) => void ear.heard(address, line).then(() => told(line.text)),
    silentLog,
  );
  t.teardown(() => server.close());
  const { port } = socket.address();
  return {
    port,
    async say(...args: string[]): Promise<string> {
      const heard = new Promise<string>((resolve) => {
        told = resolve;
      });
      await promisify(execFile)('logger', ['--server', '127.0.0.1', '--port', `${port}`, '--udp', ...args]);
      return heard;
    },
  };
};

test('what logger sends comes to the order that is installed at its address, without tokens', async (t) => {
  const room = await installRoom(t, { '127.0.0.1': mac(1) });
  const boot = await room.boot('b1');
  const { say } = await listen(t, room.ear);
  await say('--rfc5424', '--tag', 'preseed', `fetching ${boot.answer('preseed.cfg')}`);
  await say('--rfc3164', '--tag', 'debootstrap', 'Retrieving libc6');
  t.deepEqual(await room.logs.tail(room.orderId), [
    `preseed: fetching ${room.url}/install/…/preseed.cfg`,
    'debootstrap: Retrieving libc6',
  ]);
  t.false((await room.written()).includes(boot.tokens.answer));
  t.is((await room.order()).state, 'claimed', 'a log proves no step');
});

test('a line that comes well after the answer closes it', async (t) => {
  const room = await installRoom(t, { '127.0.0.1': mac(1) });
  const boot = await room.boot('b1');
  const { say } = await listen(t, room.ear);
  await curl(boot.answer('user-data'));
  await say('--tag', 'main-menu', 'soon');
  t.is((await curl(boot.answer('user-data'))).status, 200, 'an installer may read it again');
  room.pass(1);
  await say('--tag', 'main-menu', 'later');
  t.is((await curl(boot.answer('user-data'))).status, 410);
  t.true((await room.events()).some((event) => /as its log tells/.test(event)));
});

test('behind a router the address counts that fetched the answer; nobody else is heard', async (t) => {
  const room = await installRoom(t);
  const boot = await room.boot('b1');
  const { say, port } = await listen(t, room.ear);
  await say('--tag', 'a', 'before');
  t.deepEqual(await room.logs.tail(room.orderId), []);
  await curl(boot.answer('user-data'));
  room.pass(1);
  await say('--tag', 'a', 'after');
  t.deepEqual(await room.logs.tail(room.orderId), ['a: after']);
  const stranger = createSocket('udp4').bind(0, '127.0.0.2');
  await once(stranger, 'listening');
  t.teardown(() => stranger.close());
  stranger.send('<13>a: from elsewhere', port, '127.0.0.1');
  stranger.send('no syslog', port, '127.0.0.1');
  await say('--tag', 'a', 'last');
  t.deepEqual(await room.logs.tail(room.orderId), ['a: after', 'a: last']);
});
