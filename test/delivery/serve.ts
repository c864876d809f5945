import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExecutionContext } from 'ava';
import { silentLog } from '../../src/core/log.ts';
import { createChunkRoutes } from '../../src/delivery/chunk-routes.ts';
import type { ChunkSource } from '../../src/image/ports.ts';

export interface TestServer {
  url: string;
  port: number;
  /** Cuts every connection and stops listening. */
  stop(): Promise<void>;
}

/** Serves with this listener on a loopback port until the test ends. */
export const serve = async (
  t: ExecutionContext,
  listener: http.RequestListener,
  port = 0,
): Promise<TestServer> => {
  const server = http.createServer(listener);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const bound = (server.address() as AddressInfo).port;
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  t.teardown(stop);
  return { url: `http://127.0.0.1:${bound}`, port: bound, stop };
};

export const serveChunks = (t: ExecutionContext, chunks: ChunkSource, port?: number): Promise<TestServer> => {
  const routes = createChunkRoutes({ chunks, log: silentLog });
  return serve(t, (request, response) => routes(request, response) || response.writeHead(418).end(), port);
};
