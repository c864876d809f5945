import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { silentLog } from '../../src/core/log.ts';
import { createChunkRoutes } from '../../src/delivery/chunk-routes.ts';
import { storeWithKeys } from '../image/store-with-keys.ts';

/** A process of its own: the appliance's chunk routes over the store in the folder that it is given. Tells its port to its parent. */
const store = await storeWithKeys(process.argv[2] ?? '');
const routes = createChunkRoutes({ chunks: store.chunks, log: silentLog });
const server = createServer((request, response) => {
  if (!routes(request, response)) response.writeHead(404).end();
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.once('disconnect', () => process.exit());
