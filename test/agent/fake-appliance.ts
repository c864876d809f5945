import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  type Claimed,
  type ClaimedScript,
  checkInSchema,
  type Evidence,
  evidenceSchema,
  type Failure,
  failureSchema,
  type Progress,
  progressSchema,
} from '../../src/api/contract/agent.ts';
import { type ErrorCode, errorCatalogue } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';
import { createChunkRoutes } from '../../src/delivery/chunk-routes.ts';
import type { RemovalOrder } from '../../src/fleet/order.ts';
import { type DeployEvidence, type DiskFacts, deployEvidenceSchema } from '../../src/fleet/order-evidence.ts';
import type { SampleImage } from './sample-image.ts';

export interface FakeAppliance {
  url: string;
  /** What it was told, in order. */
  progress: Progress[];
  failures: Failure[];
  evidence: Evidence[];
  /** Resolves with the nth failure (from 1), when it is reported. */
  failure(nth: number): Promise<Failure>;
  checkIns: number;
  /** The next claim is answered with an order for this image. */
  file(
    image: SampleImage,
    order?: { diskId?: string; hostName?: string; options?: object; scripts?: ClaimedScript[] },
  ): void;
  /** The next claim is answered with an order to wipe these. */
  /** An order whose installer must be booted. */
  fileInstall(): void;
  fileRemoval(disks: DiskFacts[], options?: Partial<Omit<RemovalOrder['options'], 'disks'>>): void;
  /** Every progress report from now on is refused, as for a cancelled order. */
  cancelled: boolean;
  /** The check-in is refused with this. */
  refuseCheckIn: ErrorCode | undefined;
  /** Called before chunks are sent: tests break the line here. */
  beforeChunks: () => Promise<void> | undefined;
  /** As `kill -9`: every connection is cut, the port is free. */
  stop(): Promise<void>;
  /** Again on the same port. */
  start(): Promise<void>;
}

/** What a deploy order was closed with; fails when there was none. */
export const deployEvidence = ({ evidence }: FakeAppliance): DeployEvidence =>
  deployEvidenceSchema.parse(evidence[0]);

const json = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};
const refuse = (response: ServerResponse, code: ErrorCode): void =>
  json(response, errorCatalogue[code].http, { error: { code, message: `refused by the test: ${code}` } });

/** The appliance's side of `api/contract/agent.ts`, just enough to be worked with; chunks by the real routes. */
export const startFakeAppliance = async (): Promise<FakeAppliance> => {
  let image: SampleImage | undefined;
  let claimed: Claimed | undefined;
  let filed = () => {};
  const failed = new Map<number, (failure: Failure) => void>();
  let port = 0;
  let server: Server;

  const chunks = createChunkRoutes({ chunks: { get: async (id) => image?.chunks.get(id) }, log: silentLog });

  const claim = async (response: ServerResponse): Promise<void> => {
    if (!claimed) await Promise.race([new Promise<void>((resolve) => (filed = resolve)), closed(response)]);
    if (!claimed) return void response.writeHead(204).end();
    json(response, 200, claimed);
  };
  const closed = (response: ServerResponse) =>
    new Promise<void>((resolve) => response.once('close', resolve));

  const report = (response: ServerResponse, what: string, body: string): void => {
    const value: unknown = JSON.parse(body);
    if (what === 'progress') {
      fake.progress.push(progressSchema.parse(value));
      if (fake.cancelled) refuse(response, 'ORDER_CONFLICT');
      else json(response, 200, { state: fake.progress.at(-1)?.stage });
      return;
    }
    claimed = undefined;
    if (what === 'complete') fake.evidence.push(evidenceSchema.parse(value));
    else {
      const failure = failureSchema.parse(value);
      failed.get(fake.failures.push(failure))?.(failure);
    }
    json(response, 200, { state: what === 'complete' ? 'completed' : 'failed' });
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = request.url ?? '';
    if (url.startsWith('/chunks')) {
      await fake.beforeChunks();
      if (!response.destroyed && !response.headersSent) chunks(request, response);
      return;
    }
    const body = await text(request);
    if (url === '/agent/v1/check-in') {
      fake.checkIns++;
      checkInSchema.parse(JSON.parse(body));
      if (fake.refuseCheckIn) return refuse(response, fake.refuseCheckIn);
      return json(response, 200, {
        session: 'session-of-the-test',
        machine: { id: 'm1', name: 'pc-1' },
        heartbeatSeconds: 0.2,
      });
    }
    if (request.headers.authorization !== 'Bearer session-of-the-test')
      return refuse(response, 'TOKEN_INVALID');
    if (url === '/agent/v1/claim') return claim(response);
    const index = /^\/agent\/v1\/indexes\/(.*)$/.exec(url)?.[1];
    if (index !== undefined) {
      const bytes = image?.indexes.get(index);
      return bytes ? void response.end(bytes) : refuse(response, 'NOT_FOUND');
    }
    report(response, url.split('/').at(-1) ?? '', body);
  };

  const start = async (): Promise<void> => {
    server = createServer((request, response) => {
      answer(request, response).catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  };
  const fake: FakeAppliance = {
    url: '',
    progress: [],
    failures: [],
    evidence: [],
    failure: (nth) =>
      new Promise((resolve) => {
        const reported = fake.failures[nth - 1];
        if (reported) resolve(reported);
        else failed.set(nth, resolve);
      }),
    checkIns: 0,
    cancelled: false,
    refuseCheckIn: undefined,
    beforeChunks: () => undefined,
    file(newImage, { diskId, hostName = 'pc-042', options = {}, scripts = [] } = {}) {
      image = newImage;
      const order = {
        id: 7,
        image: 'sample@1',
        hostName,
        options,
        ...(diskId !== undefined && { diskId }),
      };
      const { text: manifest, digest: manifestDigest, signature } = image;
      const about = { scripts, machineId: 'm1', room: 'R101' };
      claimed = { kind: 'deploy', order, manifest, manifestDigest, signature, ...about };
      filed();
    },
    fileInstall() {
      claimed = { kind: 'restart', order: { id: 7 } };
      filed();
    },
    fileRemoval(disks, { method = 'auto', readBack = 'whole' } = {}) {
      claimed = { kind: 'removal', order: { id: 7, options: { disks, method, readBack } } };
      filed();
    },
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
    start,
  };
  await start();
  fake.url = `http://127.0.0.1:${port}`;
  return fake;
};
