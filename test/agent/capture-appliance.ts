import { EventEmitter, once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import { checkedInSchema } from '../../src/api/contract/agent.ts';
import { createAgentApi } from '../../src/api/server/agent.ts';
import { createCaptures } from '../../src/api/server/captures.ts';
import { shelfOf } from '../../src/api/server/images.ts';
import { createMetrics } from '../../src/api/server/metrics.ts';
import { openWindowsShelf } from '../../src/api/server/windows-shelf.ts';
import { LeaseLedger } from '../../src/boot/dhcp/lease-ledger.ts';
import { newId, newToken, sha256Hex } from '../../src/core/ids.ts';
import { silentLog } from '../../src/core/log.ts';
import { createUploadRoutes } from '../../src/delivery/upload-routes.ts';
import { createFleetDesk } from '../../src/fleet/desk.ts';
import type { Inventory } from '../../src/fleet/inventory.ts';
import type { Order } from '../../src/fleet/order.ts';
import { isEnded } from '../../src/fleet/order-states.ts';
import { orderKey } from '../../src/fleet/signal.ts';
import { openKeyRing } from '../../src/image/keys/key-ring.ts';
import { openImageStore } from '../../src/image/store/image-store.ts';
import { openStore } from '../../src/store/open.ts';
import { noInstalls } from '../fleet/install-parts.ts';

/** The appliance as far as a capture meets it: real store, real orders, real routes; on loopback, and it can go away and come back. */
export const startCaptureAppliance = async (t: ExecutionContext, folder: string) => {
  const keys = await openKeyRing(path.join(folder, 'keys'));
  const images = await openImageStore(path.join(folder, 'images'), keys);
  const store = await openStore({ database: 'sqlite', folder, log: silentLog });
  const clock = Date.now;
  const fleet = createFleetDesk({
    store,
    images: shelfOf(images),
    signer: keys,
    ...noInstalls(),
    clock,
    log: silentLog,
    onTransition: (order) => captures.onTransition(order),
  });
  const windows = await openWindowsShelf(path.join(folder, 'windows'), fleet.rooms);
  const leases = await LeaseLedger.open(store.leases, clock);
  const metrics = createMetrics({ store, leases, otherServers: () => [] });
  let captures = createCaptures({ fleet, images, clock });
  let server: Server;
  let port = 0;
  const answered = new EventEmitter();
  let uploaded = 0;

  const start = async (): Promise<void> => {
    captures = createCaptures({ fleet, images, clock });
    await captures.resume();
    const uploads = createUploadRoutes({ targetOf: captures.targetOf, log: silentLog });
    const agents = createAgentApi({
      fleet,
      images,
      keys,
      captures,
      windows,
      metrics,
      heartbeatSeconds: 1,
      log: silentLog,
    });
    server = createServer((request, response) => {
      response.once('finish', () => {
        if (request.url?.endsWith('/chunks') && response.statusCode === 204)
          answered.emit('upload', ++uploaded);
      });
      return uploads(request, response) || agents(request, response);
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  };
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await captures.close();
  };
  await captures.close();
  await start();
  t.teardown(async () => {
    await stop();
    await store.close();
  });
  return {
    url: `http://127.0.0.1:${port}`,
    images,
    fleet,
    /** Resolves when so many uploads in all have been answered: their chunks are durable. */
    async uploads(count: number): Promise<void> {
      while (uploaded < count) await once(answered, 'upload');
    },
    start,
    /** As if the process ended: connections are cut, and all that was in memory is gone. */
    stop,
    /** A power-on of the PC, as the boot script makes it. */
    async powerOn(mac = '52:54:00:00:00:01'): Promise<string> {
      const token = newToken();
      const createdAt = new Date().toISOString();
      await store.bootSessions.create({ id: newId(), mac, tokenHash: sha256Hex(token), createdAt });
      return token;
    },
    /** Checks in as that PC and answers its session: for what no agent of ours would send. */
    async session(has: Inventory): Promise<string> {
      const body = {
        token: await this.powerOn(has.nics[0]?.mac),
        agentBootId: newId(),
        agentVersion: 'test',
        inventory: has,
      };
      const answer = await fetch(`http://127.0.0.1:${port}/agent/v1/check-in`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return checkedInSchema.parse(await answer.json()).session;
    },
    async ended(id: number): Promise<Order> {
      for (;;) {
        const asked = new AbortController();
        const change = fleet.signal.next(orderKey(id), 60_000, asked.signal);
        const order = await store.orders.get(id);
        if (order && isEnded(order.state)) {
          asked.abort();
          return order;
        }
        await change;
      }
    },
  };
};

export type CaptureAppliance = Awaited<ReturnType<typeof startCaptureAppliance>>;
