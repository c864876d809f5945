import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { BootHttp } from '../../../src/boot/http/handler.ts';
import { journaled } from '../../../src/boot/http/journaled.ts';
import type { Note } from '../../../src/boot/journal/step.ts';

/** Serves with `serve`, and resolves `noted(n)` when that many steps were left. */
const serving = async (t: ExecutionContext, serve: BootHttp) => {
  const notes: Note[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  const note = (step: Note) => {
    notes.push(step);
    for (const { count, resolve } of waiting) if (notes.length >= count) resolve();
  };
  const listener = journaled(serve, { note });
  const server = createServer((request, response) => {
    if (!listener(request, response)) response.writeHead(418).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const noted = (count: number) =>
    new Promise<Note[]>((resolve) => {
      waiting.push({ count, resolve: () => resolve(notes) });
      if (notes.length >= count) resolve(notes);
    });
  return { url, notes, noted };
};

const answering: BootHttp = (request, response) => {
  if (!/^\/(boot|grub)\//.test(request.url ?? '')) return false;
  const { url = '' } = request;
  const status = url.includes('missing') ? 404 : url.includes('broken') ? 500 : 200;
  response.writeHead(status, { 'Content-Length': 5 }).end(request.method === 'HEAD' ? '' : 'hello');
  return true;
};

test('a script is noted when it is asked for, a file when it is sent', async (t) => {
  const { url, noted } = await serving(t, answering);
  const ask = (path: string, method = 'GET') =>
    fetch(`${url}${path}`, { method }).then((answer) => answer.text());
  await ask('/boot/ipxe?mac=52:54:00:00:00:01&arch=bios');
  await ask('/boot/files/agent/vmlinuz', 'HEAD');
  await ask('/agent/v1/claim', 'POST');
  await ask('/boot/files/agent/vm%20linuz');
  await ask('/grub/machines/x86_64/52:54:00:00:00:02.cfg');
  await ask('/boot/files/missing');
  await ask('/boot/files/broken%');
  t.like(await noted(5), [
    { kind: 'script', mac: '52:54:00:00:00:01', address: '127.0.0.1', stage: 'ipxe', file: '/boot/ipxe' },
    { kind: 'http-sent', address: '127.0.0.1', file: 'agent/vm linuz', sizeBytes: 5 },
    {
      kind: 'http-sent',
      mac: '52:54:00:00:00:02',
      stage: 'grub',
      file: 'grub/machines/x86_64/52:54:00:00:00:02.cfg',
    },
    { kind: 'http-not-found', file: 'missing' },
    { kind: 'http-failed', file: 'broken%', reason: 'HTTP status 500' },
  ]);
});

test('a file that the PC does not take to its end was broken off', async (t) => {
  const endless: BootHttp = (_request, response) => {
    response.writeHead(200, { 'Content-Length': 1000 }).write('hello');
    return true;
  };
  const { url, noted } = await serving(t, endless);
  const response = await new Promise<IncomingMessage>((resolve) =>
    get(`${url}/boot/files/agent/vmlinuz`, resolve),
  );
  await once(response, 'data');
  response.destroy();
  t.like(await noted(1), [{ kind: 'http-aborted', file: 'agent/vmlinuz' }]);
});

test('a script that fails is noted as well', async (t) => {
  const { url, noted } = await serving(t, (_request, response) => {
    response.writeHead(500).end();
    return true;
  });
  await fetch(`${url}/boot/ipxe?mac=nonsense`);
  t.like(await noted(2), [
    { kind: 'script', mac: undefined },
    { kind: 'http-failed', file: '/boot/ipxe' },
  ]);
});
