import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import { createAdminClient } from '../../src/api/client.ts';

test('an appliance that does not run, and a stranger that answers, are told apart from refusals', async (t) => {
  const server = createServer((_request, response) => response.end('<h1>It works!</h1>')).listen(
    0,
    '127.0.0.1',
  );
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = createAdminClient(url);
  await t.throwsAsync(client.listMachines(), { code: 'UNREACHABLE', message: /not a Greif appliance/ });
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
  await t.throwsAsync(client.listMachines(), { code: 'UNREACHABLE', message: /is it running\? .*npm start/ });
});

test('an address that is none is refused', async (t) => {
  await t.throwsAsync(createAdminClient('127.0.0.1:8470').listMachines(), { code: 'BAD_REQUEST' });
});
