import { once } from 'node:events';
import { createServer } from 'node:net';

/** A free port of 127.0.0.1 that stays free until it is used: it lies below those that the kernel gives to whoever asks for any. */
export const freePort = async (): Promise<number> => {
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  const server = createServer();
  const isFree = await once(server.listen(port, '127.0.0.1'), 'listening').then(
    () => true,
    () => false,
  );
  if (!isFree) return freePort();
  server.close();
  await once(server, 'close');
  return port;
};
