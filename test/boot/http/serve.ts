import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import type { ExecutionContext } from 'ava';
import { type BootHttpOptions, createBootHttp } from '../../../src/boot/http/handler.ts';
import type { BootClient } from '../../../src/boot/plan.ts';
import { silentLog } from '../../../src/core/log.ts';
import { temporaryFolder } from '../temporary.ts';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** False when the connection was cut before the end. */
  whole: boolean;
}

export interface Served {
  port: number;
  /** The boot folder. */
  folder: string;
  /** Who asked for a script. */
  asked: BootClient[];
  /** How many are open. */
  connections(): Promise<number>;
  get(
    url: string,
    headers?: Record<string, string>,
    method?: string,
    onHeaders?: () => Promise<void>,
  ): Promise<Answer>;
}

/** The boot files' HTTP on a port of its own; 418 is what it leaves alone. */
export const serve = async (
  t: ExecutionContext,
  files: Record<string, string | Buffer>,
  options: Partial<BootHttpOptions> = {},
): Promise<Served> => {
  const folder = await temporaryFolder(t, files);
  const asked: BootClient[] = [];
  const handle = createBootHttp({
    desk: {
      async plan(client) {
        asked.push(client);
        return { bootId: 'b1', token: 't1', plan: { kind: 'discover' } };
      },
    },
    bootFolder: folder,
    serverUrl: 'http://10.0.0.1:8080',
    kernelArguments: 'quiet',
    log: silentLog,
    ...options,
  });
  const server = createServer((incoming, response) => {
    if (!handle(incoming, response)) response.writeHead(418).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const get: Served['get'] = (url, headers = {}, method = 'GET', onHeaders = async () => {}) =>
    new Promise<Answer>((resolve, reject) => {
      const outgoing = request({ port, host: '127.0.0.1', path: url, method, headers, agent: false });
      outgoing.on('response', async (response) => {
        const parts: Buffer[] = [];
        await onHeaders();
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', () => {});
        response.on('close', () => {
          const { statusCode = 0, complete: whole } = response;
          resolve({ status: statusCode, headers: response.headers, body: Buffer.concat(parts), whole });
        });
      });
      outgoing.on('error', reject).end();
    });
  const connections = promisify(server.getConnections.bind(server));
  return { port, folder, asked, connections, get };
};
