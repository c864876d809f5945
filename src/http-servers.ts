import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import { portUnavailable } from './boot/network/port-unavailable.ts';
import type { Service } from './core/start-all.ts';

/** Much longer than the pause between two heartbeats: a connection that is closed while it is used again costs a retry. */
const keepAliveMs = 75_000;

const close = async (server: Server | SecureServer): Promise<void> => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
};

/** The appliance's HTTP servers, and how many bytes they have sent. */
export const createHttpServers = () => {
  let servedBytes = 0;
  return {
    servedBytes: () => servedBytes,
    /** Bytes that the kernel sent past a connection's own count. */
    addKernelBytes(count: number): void {
      servedBytes += count;
    },
    /** Over TLS with a certificate; `key` and `cert` are PEM. */
    async serve(
      listener: RequestListener,
      listen: (server: Server) => Promise<void>,
      secure?: { key: string; cert: string },
    ): Promise<Service> {
      const options = { keepAliveTimeout: keepAliveMs, ...secure };
      const server = secure ? createSecureServer(options, listener) : createServer(options, listener);
      server.on('connection', (socket) => socket.on('close', () => (servedBytes += socket.bytesWritten)));
      await listen(server);
      return { close: () => close(server) };
    },
  };
};

/** Throws PORT_UNAVAILABLE. */
export const listenAdmin = async (server: Server, host: string, port: number): Promise<void> => {
  server.listen(port, host);
  await once(server, 'listening').catch((cause) => {
    throw portUnavailable(`the admin API: TCP port ${port} on ${host}`, cause.errno, cause);
  });
};

export type HttpServers = ReturnType<typeof createHttpServers>;
