import type { Express } from 'express';
import type { PlanAnswers } from '../../answers/plan-answers.ts';
import type { BootJournal } from '../../boot/journal/journal.ts';
import type { BootNetwork, LeaseLedger } from '../../boot/ports.ts';
import type { Clock } from '../../core/clock.ts';
import { GreifError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { ChannelDesk } from '../../fleet/channels.ts';
import type { FleetDesk } from '../../fleet/desk.ts';
import type { StoreGauge } from '../../fleet/ports.ts';
import type { KeyRing } from '../../image/keys/key-ring.ts';
import type { ImageStore } from '../../image/store/image-store.ts';
import type { InstallLogs } from '../../installs/install-logs.ts';
import type { SourceStore } from '../../sources/source-store.ts';
import { adminPrefix, adminRoutes } from '../contract/admin.ts';
import { bootHandlers } from './boots.ts';
import { channelHandlers } from './channels.ts';
import { dhcpHandlers } from './dhcp.ts';
import type { ImageJobs } from './image-jobs.ts';
import { type ImageStorage, storageHandlers } from './image-storage.ts';
import { type ImageCatalogue, imageHandlers } from './images.ts';
import { mountIndexDownload } from './index-download.ts';
import { createJsonApp } from './json-app.ts';
import { keyHandlers } from './keys.ts';
import { leaseHandlers } from './leases.ts';
import { loopbackGuard } from './loopback-guard.ts';
import { machineHandlers } from './machines.ts';
import type { Metrics } from './metrics.ts';
import { mount } from './mount.ts';
import { openApiDocument } from './openapi.ts';
import { orderHandlers } from './orders.ts';
import { profileHandlers } from './profiles.ts';
import { notFound, refuse } from './refusals.ts';
import { roomHandlers } from './rooms.ts';
import { scriptHandlers } from './scripts.ts';
import { sourceHandlers } from './sources.ts';
import { variableHandlers } from './variables.ts';
import { driverHandlers, templateHandlers } from './windows.ts';
import type { WindowsShelf } from './windows-shelf.ts';

export interface AdminApiOptions {
  fleet: FleetDesk;
  images: ImageCatalogue & Pick<ImageStore, 'signAgain'>;
  keys: KeyRing;
  channels: ChannelDesk;
  windows: WindowsShelf;
  sources: SourceStore;
  answers: Pick<PlanAnswers, 'preview'>;
  jobs: ImageJobs;
  storage: ImageStorage;
  /** The configured token of another appliance. */
  mirrorToken?: (url: string) => string | undefined;
  store: StoreGauge;
  metrics: Metrics;
  journal: BootJournal;
  leases: LeaseLedger;
  /** What installers say. */
  installLogs: Pick<InstallLogs, 'tail'>;
  network: BootNetwork;
  clock: Clock;
  /** The product's version, for the OpenAPI document. */
  version: string;
  log: Log;
}

/** The administrator's HTTP side: `/api/v1`, its OpenAPI document, `/healthz` and `/metrics`. For loopback only. */
export const createAdminApi = (options: AdminApiOptions): Express => {
  const {
    fleet,
    images,
    keys,
    channels,
    windows,
    sources,
    answers,
    jobs,
    storage,
    mirrorToken = () => undefined,
    store,
    metrics,
    journal,
    leases,
    installLogs,
    network,
    clock,
    version,
    log,
  } = options;
  const first = [metrics.timed('admin'), loopbackGuard];
  const app = createJsonApp({ log, bodyLimitBytes: 64 * 1024, first });
  mount(app, adminPrefix, adminRoutes, {
    ...machineHandlers(fleet.machines),
    ...roomHandlers(fleet.rooms),
    ...imageHandlers({ images, jobs, keys, orders: fleet.orders, mirrorToken }),
    ...channelHandlers(channels),
    ...keyHandlers(keys, images),
    ...storageHandlers(storage, jobs),
    ...driverHandlers(windows.drivers, clock),
    ...templateHandlers(windows.templates),
    ...sourceHandlers(fleet, sources, jobs),
    ...orderHandlers(fleet, keys, windows.kits, installLogs),
    ...scriptHandlers(fleet.scripts),
    ...profileHandlers(fleet, answers),
    ...variableHandlers(fleet),
    ...leaseHandlers(leases, clock),
    ...dhcpHandlers(network),
    ...bootHandlers({ journal, machines: fleet.machines, clock }),
  });
  mountIndexDownload(app, images);
  const document = openApiDocument(version);
  app.get(`${adminPrefix}/openapi.json`, (_request, response) => void response.json(document));
  app.get('/healthz', async (_request, response) => {
    await store.ping().catch((cause: unknown) => {
      throw new GreifError('INTERNAL', 'the asset store does not answer', { cause });
    });
    response.json({ status: 'ok' });
  });
  app.get('/metrics', async (_request, response) => {
    const { contentType, text } = await metrics.scrape();
    response.type(contentType).send(text);
  });
  return app.use(notFound, refuse);
};
