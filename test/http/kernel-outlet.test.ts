import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import path from 'node:path';
import test from 'ava';
import { openKernelOutlet } from '../../src/http/kernel-outlet.ts';
import { temporaryFolder } from '../boot/temporary.ts';

test('thousands may want to send at the same moment', async (t) => {
  const folder = await temporaryFolder(t, { file: '0123456789' });
  const file = await open(path.join(folder, 'file'));
  t.teardown(() => file.close());
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [socket] = await once(server, 'connection');
  t.teardown(() => {
    client.destroy();
    server.close();
  });
  const outlet = openKernelOutlet(socket);
  const sent = await Promise.all(Array.from({ length: 3000 }, () => outlet?.send(file.fd, 0, 10)));
  t.deepEqual(new Set(sent), new Set([10]));
  outlet?.close();
  socket.end();
  let received = 0;
  for await (const part of client) received += (part as Buffer).length;
  t.is(received, 30_000);
});

test('a client that has gone takes nothing; a socket without a descriptor has no outlet', async (t) => {
  const folder = await temporaryFolder(t, { file: '0123456789' });
  const file = await open(path.join(folder, 'file'));
  t.teardown(() => file.close());
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [socket] = await once(server, 'connection');
  const outlet = openKernelOutlet(socket);
  client.resetAndDestroy();
  await once(socket, 'error');
  t.is(await outlet?.send(file.fd, 0, 10), 0);
  outlet?.close();
  t.is(openKernelOutlet(socket), undefined);
  t.is(openKernelOutlet(null), undefined);
});
