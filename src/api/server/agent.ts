import { pipeline } from 'node:stream/promises';
import type { Express, Request, Response } from 'express';
import { z } from 'zod';
import { asGreifError, GreifError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { DriverStore } from '../../drivers/driver-store.ts';
import { driverNameSchema } from '../../drivers/package.ts';
import type { FleetDesk } from '../../fleet/desk.ts';
import type { DeployOrder, InstallOrder, Order } from '../../fleet/order.ts';
import { type OrderedScript, signedScript } from '../../fleet/script.ts';
import { machineKey } from '../../fleet/signal.ts';
import { isForInstaller, type Worker } from '../../fleet/work.ts';
import { sha256Schema } from '../../image/format/manifest.ts';
import type { KeyRing } from '../../image/keys/key-ring.ts';
import {
  type CheckedIn,
  type Claimed,
  type ClaimedScript,
  capturedImageSchema,
  checkInSchema,
  claimedSchema,
  claimSchema,
  evidenceSchema,
  failureSchema,
  type OrderStatus,
  type PublishedImage,
  progressSchema,
} from '../contract/agent.ts';
import type { Captures } from './captures.ts';
import { addToLog, contextOf } from './context.ts';
import type { ImageCatalogue } from './images.ts';
import { createJsonApp } from './json-app.ts';
import type { Metrics } from './metrics.ts';
import { parse } from './parse.ts';
import { notFound, refuse } from './refusals.ts';
import type { WindowsKits } from './windows-kits.ts';

export interface AgentApiOptions {
  fleet: FleetDesk;
  images: Pick<ImageCatalogue, 'get' | 'index'>;
  keys: Pick<KeyRing, 'sign'>;
  captures: Pick<Captures, 'publish'>;
  windows: { drivers: Pick<DriverStore, 'get' | 'read'>; kits: WindowsKits };
  metrics: Metrics;
  heartbeatSeconds: number;
  log: Log;
}

const prefix = '/agent/v1';
const orderId = z.coerce.number().int().positive();

const bearer = ({ headers }: Request): string => {
  const token = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
  if (token) return token;
  throw new GreifError('TOKEN_INVALID', 'this call needs the session of a check-in: restart the PC');
};

const statusOf = ({ state }: Order): OrderStatus => ({ state });

/** The agents' HTTP side, as contract/agent.ts describes it. An inventory of many disks makes the largest body. */
export const createAgentApi = (options: AgentApiOptions): Express => {
  const { fleet, images, keys, captures, windows, metrics, heartbeatSeconds, log } = options;
  const app = createJsonApp({ log, bodyLimitBytes: 1024 * 1024, first: [metrics.timed('agent')] });
  /** Whose session it is; the id of its boot is in every log line of the request. */
  const workerOf = async (request: Request, response: Response): Promise<Worker> => {
    const worker = await fleet.checkIn.worker(bearer(request));
    addToLog(response, { bootId: worker.bootId });
    return worker;
  };
  const idOf = (request: Request): number => parse(orderId, request.params['id'], 'order');

  /** The worker's order now, or the one that is filed within the time. */
  const claimWithin = async (worker: Worker, waitMs: number, gone: AbortSignal) => {
    const until = performance.now() + waitMs;
    for (;;) {
      const left = until - performance.now();
      const change = fleet.signal.next(machineKey(worker.machineId), Math.max(0, left), gone);
      const order = await fleet.work.claim(worker);
      if (order || left <= 0 || gone.aborted) return order;
      await change;
    }
  };

  const signedForAgent = async ({ name, version }: OrderedScript): Promise<ClaimedScript> => {
    const script = await fleet.scripts.find(`${name}@${version}`);
    return { ...script, signature: keys.sign(signedScript(script)) };
  };

  /** What goes with an order whose kind has scripts. */
  const scripted = async ({ machineId, options }: DeployOrder | InstallOrder) => {
    const { room } = await fleet.machines.find(machineId);
    return { machineId, room, scripts: await Promise.all((options.scripts ?? []).map(signedForAgent)) };
  };

  const claimed = async (order: Order): Promise<Claimed> => {
    if (isForInstaller(order)) return { kind: 'restart', order: { id: order.id } };
    if (order.kind === 'install')
      return claimedSchema.parse({ kind: order.kind, order, ...(await scripted(order)) });
    if (order.kind !== 'deploy') return claimedSchema.parse({ kind: order.kind, order });
    const { text: manifest, digest: manifestDigest } = await images.get(order.image);
    // Whoever signed the kept one, the PC knows only our present key: what `get` has proven we vouch for.
    const signature = keys.sign(manifest);
    const machine = await fleet.machines.find(order.machineId);
    const kit = JSON.stringify(await windows.kits.for(machine, order));
    const about = { order, manifest, manifestDigest, signature, ...(await scripted(order)) };
    return claimedSchema.parse({
      kind: order.kind,
      ...about,
      windows: { kit, signature: keys.sign(kit) },
    });
  };

  /** An order that can no longer be handed out fails at once: its agent waits for the next one. */
  const claimedOrFailed = async (worker: Worker, order: Order): Promise<Claimed | undefined> => {
    try {
      return await claimed(order);
    } catch (thrown) {
      const { code, message } = asGreifError(thrown);
      if (code !== 'TEMPLATE_INVALID' && code !== 'TEMPLATE_NOT_FOUND') throw thrown;
      await fleet.work.fail(worker, order.id, { code, message, log: [] });
      return undefined;
    }
  };

  app.post(`${prefix}/check-in`, async (request, response) => {
    const body = parse(checkInSchema, request.body, 'body');
    const { session, machine, bootId } = await fleet.checkIn.checkIn(body);
    addToLog(response, { bootId });
    const { id, name } = machine;
    response.json({ session, machine: { id, name }, heartbeatSeconds } satisfies CheckedIn);
  });

  app.post(`${prefix}/claim`, async (request, response) => {
    const worker = await workerOf(request, response);
    const { waitSeconds } = parse(claimSchema, request.body, 'body');
    const waitOver = metrics.agentWaits();
    const order = await claimWithin(worker, waitSeconds * 1000, contextOf(response).gone).finally(waitOver);
    const answer = order && (await claimedOrFailed(worker, order));
    if (!answer) return void response.status(204).end();
    response.json(answer);
  });

  app.get(`${prefix}/indexes/:digest`, async (request, response) => {
    await workerOf(request, response);
    const digest = parse(sha256Schema, request.params['digest'], 'digest');
    const index = await images.index(digest);
    if (!index) throw new GreifError('NOT_FOUND', `there is no index ${digest}`);
    response.type('application/octet-stream').send(Buffer.from(index.buffer, index.byteOffset, index.length));
  });

  app.get(`${prefix}/drivers/:name`, async (request, response) => {
    await workerOf(request, response);
    const name = parse(driverNameSchema, request.params['name'], 'driver');
    response.type('application/json').send((await windows.drivers.get(name)).text);
  });

  app.get(`${prefix}/drivers/:name/files/:digest`, async (request, response) => {
    await workerOf(request, response);
    const name = parse(driverNameSchema, request.params['name'], 'driver');
    const digest = parse(sha256Schema, request.params['digest'], 'digest');
    const { sizeBytes, stream } = await windows.drivers.read(name, digest);
    response.type('application/octet-stream').setHeader('content-length', sizeBytes);
    // An agent that hangs up is no failure of ours.
    await pipeline(stream(), response).catch(() => response.destroy());
  });

  app.post(`${prefix}/orders/:id/progress`, async (request, response) => {
    const worker = await workerOf(request, response);
    const progress = parse(progressSchema, request.body, 'body');
    response.json(statusOf(await fleet.work.report(worker, idOf(request), progress)));
  });

  app.post(`${prefix}/orders/:id/image`, async (request, response) => {
    const worker = await workerOf(request, response);
    const captured = parse(capturedImageSchema, request.body, 'body');
    response.json((await captures.publish(worker, idOf(request), captured)) satisfies PublishedImage);
  });

  app.post(`${prefix}/orders/:id/complete`, async (request, response) => {
    const worker = await workerOf(request, response);
    const evidence = parse(evidenceSchema, request.body, 'body');
    response.json(statusOf(await fleet.work.complete(worker, idOf(request), evidence)));
  });

  app.post(`${prefix}/orders/:id/fail`, async (request, response) => {
    const worker = await workerOf(request, response);
    const failure = parse(failureSchema, request.body, 'body');
    response.json(statusOf(await fleet.work.fail(worker, idOf(request), failure)));
  });

  return app.use(notFound, refuse);
};
