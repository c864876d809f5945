import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import path from 'node:path';
import { createAdminApi } from './api/server/admin.ts';
import { createAgentApi } from './api/server/agent.ts';
import { createCaptures } from './api/server/captures.ts';
import { followChannels } from './api/server/channels.ts';
import { otherServerCounts } from './api/server/dhcp.ts';
import { createImageJobs } from './api/server/image-jobs.ts';
import { shelfOf } from './api/server/images.ts';
import { createMetrics } from './api/server/metrics.ts';
import { offeredImages } from './api/server/offered-images.ts';
import { openWindowsShelf } from './api/server/windows-shelf.ts';
import { adviceFor } from './boot/advice/advice-desk.ts';
import { createBootDesk } from './boot/desk.ts';
import { LeaseLedger } from './boot/dhcp/lease-ledger.ts';
import { createBootHttp } from './boot/http/handler.ts';
import { journaled } from './boot/http/journaled.ts';
import { openBootJournal } from './boot/journal/journal.ts';
import { journaledDesk } from './boot/journal/journaled-desk.ts';
import { noteOrder } from './boot/journal/order-steps.ts';
import { type Place, placeText } from './boot/network/descriptor.ts';
import { describeInherited, inheritedDescriptors, inheritedSockets } from './boot/network/inherited.ts';
import { readInterfaces } from './boot/network/interfaces.ts';
import { createNeighbourLookup } from './boot/network/neighbours.ts';
import { portUnavailable } from './boot/network/port-unavailable.ts';
import type { Sockets } from './boot/network/sockets.ts';
import { forgetOldBoots } from './boot/old-boots.ts';
import { findOwnIpxe } from './boot/own-ipxe.ts';
import type { BootNetwork } from './boot/ports.ts';
import { type BootServices, startBootServices } from './boot/services.ts';
import { type Config, readConfig } from './config.ts';
import { systemClock } from './core/clock.ts';
import { asGreifError, errorCatalogue } from './core/errors.ts';
import { createLog, type Log } from './core/log.ts';
import { type Service, startAll } from './core/start-all.ts';
import { claimDataFolder } from './data-folder.ts';
import { createChunkRoutes } from './delivery/chunk-routes.ts';
import { createImageRoutes } from './delivery/mirror/image-routes.ts';
import { startMirrors } from './delivery/mirror/mirrors.ts';
import { scheduleScrubs } from './delivery/mirror/scrub-schedule.ts';
import { startPull } from './delivery/mirror/start-pull.ts';
import { startScrub } from './delivery/mirror/start-scrub.ts';
import { createUploadRoutes } from './delivery/upload-routes.ts';
import { loadBootSettings } from './fleet/boot-settings.ts';
import { createChannelDesk } from './fleet/channels.ts';
import { createFleetDesk } from './fleet/desk.ts';
import { startOrderWatch } from './fleet/order-watch.ts';
import { startExport } from './image/archive/start-export.ts';
import { startImport } from './image/import/start-import.ts';
import { openKeyRing } from './image/keys/key-ring.ts';
import { s3Access } from './image/s3/access.ts';
import { storeStatus } from './image/store/status.ts';
import { openStoreAt } from './image/store/store-place.ts';
import { openStore } from './store/open.ts';
import { welcome } from './welcome.ts';

const project = path.resolve(import.meta.dirname, '..');
/** Much longer than the pause between two heartbeats: a connection that is closed while it is used again costs a retry. */
const keepAliveMs = 75_000;

const listenAdmin = async (server: Server, host: string, port: number): Promise<void> => {
  server.listen(port, host);
  await once(server, 'listening').catch((cause) => {
    throw portUnavailable(`the admin API: TCP port ${port} on ${host}`, cause.errno, cause);
  });
};

const closeServer = async (server: Server): Promise<void> => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
};

/** What the API tells of the interfaces, and advises. */
const bootNetwork = (
  { interfaces, room, boot }: Config,
  statuses: BootNetwork['interfaces'],
): BootNetwork => ({
  interfaces: statuses,
  advise: (name, dialect) =>
    adviceFor(name, dialect, {
      served: interfaces.map((face) => face.name),
      httpPort: room.httpPort,
      uefiLoader: boot.uefiLoader,
      interfaces: readInterfaces(),
    }),
});

/** Starts every part; what was started is stopped by disposing of the stack, in the reverse order. */
const startAppliance = async (config: Config, log: Log, started: AsyncDisposableStack): Promise<void> => {
  const { folders, orders: orderTimes, room, admin, boot } = config;
  const { version } = JSON.parse(await readFile(path.join(project, 'package.json'), 'utf8'));
  const lock = await claimDataFolder(folders.data);
  started.defer(() => lock.release());
  const clock = systemClock;

  const store = await openStore({ database: config.database, folder: folders.data, log });
  started.defer(() => store.close());
  const keysFolder = path.join(folders.data, 'keys');
  const keys = await openKeyRing(keysFolder);
  const reserveBytes = config.images.reserveMebibytes * 1024 ** 2;
  const { store: kind, s3 } = config.images;
  const scrubBytesPerSecond = config.images.scrubMebibytesPerSecond * 1024 ** 2;
  const bucket = kind === 's3' ? await s3Access(s3, process.env) : undefined;
  const place = { folder: folders.images, keysFolder, reserveBytes, bucket };
  const opened = await openStoreAt(place, keys);
  started.defer(() => opened.close());
  const channels = createChannelDesk({ store: store.channels, images: shelfOf(opened), clock });
  const images = followChannels(opened, channels);
  const ledger = await LeaseLedger.open(store.leases, clock);
  let servedBytes = 0;
  const journal = await openBootJournal({
    store: store.boots,
    clock,
    log,
    macAt: createNeighbourLookup(clock),
  });
  let running: BootServices | undefined;
  const network = bootNetwork(config, () => running?.interfaces() ?? []);
  const metrics = createMetrics({
    store,
    leases: ledger,
    bytesServed: () => servedBytes,
    otherServers: () => otherServerCounts(network),
  });
  started.defer(() => journal.close());
  const settings = await loadBootSettings(store);
  const { machines, rooms } = settings;
  const fleet = createFleetDesk({
    store: { ...store, machines, rooms },
    images: shelfOf(images),
    signer: keys,
    clock,
    log,
    onTransition(order, state) {
      metrics.onTransition(order, state);
      noteOrder(journal, order);
      captures.onTransition(order);
    },
    onCheckIn: (bootId) => journal.note({ kind: 'check-in', stage: 'agent', bootId }),
  });
  const captures = createCaptures({ fleet, images, clock });
  started.defer(() => captures.close());
  const uploads = createUploadRoutes({ targetOf: captures.targetOf, log });
  const jobs = createImageJobs({
    work: {
      import: (request) =>
        startImport({ ...request, place, loadersFolder: path.join(folders.boot, 'loaders') }),
      export: (request) => startExport({ ...request, place }),
      pull: (request) => startPull({ ...request, place }),
      scrub: (request) =>
        startScrub({ ...request, place, bytesPerSecond: scrubBytesPerSecond, resume: true }),
    },
    images,
    clock,
    log,
  });
  started.defer(() => jobs.close());
  const { mirror } = config.images;
  const mirrors = startMirrors({ from: mirror.from, jobs, images: opened, log });
  started.defer(() => mirrors.close());
  const scrubs = scheduleScrubs({
    folder: folders.images,
    everyDays: config.images.scrubEveryDays,
    begin: () => jobs.scrub(mirror.from.map(({ url }) => url)),
  });
  started.defer(() => scrubs.close());
  const watch = startOrderWatch({
    orders: fleet.orders,
    clock,
    lostAfterSeconds: orderTimes.lostAfterSeconds,
    log,
  });
  started.defer(() => watch.stop());
  const pruning = forgetOldBoots({ sessions: store.bootSessions, journal, clock, log });
  started.defer(() => pruning.close());

  const desk = journaledDesk(
    createBootDesk({
      fleet: { ...store, orders: fleet.orders },
      publicKey: keys.publicKey,
      clock,
      log,
    }),
    journal,
  );
  const windows = await openWindowsShelf(path.join(folders.data, 'windows'), fleet.rooms);
  const agents = createAgentApi({
    fleet,
    images,
    keys,
    captures,
    windows,
    metrics,
    heartbeatSeconds: orderTimes.heartbeatSeconds,
    log,
  });
  const ownIpxe = await findOwnIpxe(folders.boot, log);
  const inherited = inheritedSockets(describeInherited(inheritedDescriptors(process.env, process.pid)));
  const offered = createImageRoutes({
    token: mirror.token,
    ...offeredImages({ images, channels, keys }),
    log,
  });
  const chunks = createChunkRoutes({ chunks: images.chunks, log });
  const serve = async (
    listener: RequestListener,
    listen: (server: Server) => Promise<void>,
  ): Promise<Service> => {
    const server = createServer({ keepAliveTimeout: keepAliveMs }, listener);
    server.on('connection', (socket) => socket.on('close', () => (servedBytes += socket.bytesWritten)));
    await listen(server);
    return { close: () => closeServer(server) };
  };
  const serveHttp = (place: Place, sockets: Sockets): Promise<Service> => {
    const files = createBootHttp({
      desk,
      bootFolder: folders.boot,
      serverUrl: `http://${place.address}:${place.port}`,
      kernelArguments: boot.kernelArguments,
      ownIpxe,
      menuOf: (mac) => settings.of(mac).menu ?? boot.menu,
      onKernelBytes: (count) => (servedBytes += count),
      log,
    });
    const bootHttp = journaled(files, journal);
    const listener: RequestListener = (request, response) =>
      bootHttp(request, response) ||
      chunks(request, response) ||
      uploads(request, response) ||
      offered(request, response) ||
      agents(request, response);
    return serve(listener, (server) => sockets.tcp(place, server));
  };
  const bootServices = {
    interfaces: config.interfaces,
    ports: { dhcp: room.dhcpPort, proxyDhcp: room.proxyDhcpPort, tftp: room.tftpPort },
    httpPort: room.httpPort,
    socketsOn: inherited.on,
    serveHttp,
    bootFolder: folders.boot,
    desk,
    journal,
    ledger,
    dhcp: config.dhcp,
    uefiLoader: boot.uefiLoader,
    loaderOf: (mac: string) => settings.of(mac).loader,
    ownIpxe,
    kernelArguments: boot.kernelArguments,
    log,
    clock,
  };
  const adminApi = createAdminApi({
    fleet,
    images,
    keys,
    channels,
    windows,
    jobs,
    storage: {
      status: () => storeStatus(images, reserveBytes),
      collect: () => images.collect(),
      repairFrom: mirror.from.map(({ url }) => url),
    },
    mirrorToken: (url) => mirror.from.find((one) => one.url === url)?.token,
    store,
    metrics,
    journal,
    leases: ledger,
    network,
    clock,
    version,
    log,
  });
  const services = await startAll([
    () => serve(adminApi, (server) => listenAdmin(server, admin.host, admin.port)),
    async () => {
      running = await startBootServices(bootServices);
      return running;
    },
  ]);
  started.defer(() => services.close());
  for (const { name, transport, ...place } of inherited.unused())
    log.warn(
      `the inherited socket ${name} (${placeText(transport, place)}) is not used: no interface wants it`,
    );
};

const main = async (): Promise<void> => {
  const started = new AsyncDisposableStack();
  try {
    const config = await readConfig(process.argv.slice(2), project);
    const log = createLog({ level: config.log.level, format: process.stderr.isTTY ? 'human' : 'json' });
    const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
    await startAppliance(config, log, started);
    process.stdout.write(welcome(config));
    await stopped;
    process.stdout.write('Stopping.\n');
  } catch (thrown) {
    const error = asGreifError(thrown);
    for (const line of error.message.split('\n')) process.stderr.write(`greif: ${line}\n`);
    if (error.code === 'INTERNAL') process.stderr.write(`${error.stack}\n`);
    process.exitCode = errorCatalogue[error.code].exit;
  } finally {
    await started.disposeAsync();
  }
};

await main();
