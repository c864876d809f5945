import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createPlanAnswers } from './answers/plan-answers.ts';
import { createAdminApi } from './api/server/admin.ts';
import { createAgentApi } from './api/server/agent.ts';
import { createCaptures } from './api/server/captures.ts';
import { otherServerCounts } from './api/server/dhcp.ts';
import { shelfOf } from './api/server/images.ts';
import { createMetrics } from './api/server/metrics.ts';
import { offeredImages } from './api/server/offered-images.ts';
import { openWindowsShelf } from './api/server/windows-shelf.ts';
import { adviceFor } from './boot/advice/advice-desk.ts';
import { createBootDesk } from './boot/desk.ts';
import { LeaseLedger } from './boot/dhcp/lease-ledger.ts';
import { openBootJournal } from './boot/journal/journal.ts';
import { journaledDesk } from './boot/journal/journaled-desk.ts';
import { noteOrder } from './boot/journal/order-steps.ts';
import { placeText } from './boot/network/descriptor.ts';
import { describeInherited, inheritedDescriptors, inheritedSockets } from './boot/network/inherited.ts';
import { readInterfaces } from './boot/network/interfaces.ts';
import { createNeighbourLookup } from './boot/network/neighbours.ts';
import { forgetOldBoots } from './boot/old-boots.ts';
import { findOwnIpxe } from './boot/own-ipxe.ts';
import type { BootNetwork } from './boot/ports.ts';
import { type BootServices, startBootServices } from './boot/services.ts';
import type { Config } from './config.ts';
import { systemClock } from './core/clock.ts';
import type { Log } from './core/log.ts';
import { startAll } from './core/start-all.ts';
import { claimDataFolder } from './data-folder.ts';
import { createImageRoutes } from './delivery/mirror/image-routes.ts';
import { createUploadRoutes } from './delivery/upload-routes.ts';
import { loadBootSettings } from './fleet/boot-settings.ts';
import { createFleetDesk } from './fleet/desk.ts';
import { startOrderWatch } from './fleet/order-watch.ts';
import { createHttpServers, listenAdmin } from './http-servers.ts';
import { openImaging } from './imaging.ts';
import { createInstallerDesk } from './installer-desk.ts';
import { openInstalling } from './installing.ts';
import { openInstallLogs } from './installs/install-logs.ts';
import { createRoomHttp } from './room-http.ts';
import { openSecretKeys } from './secret-keys.ts';
import { openPackageCache } from './sources/package-cache/package-cache.ts';
import { openStore } from './store/open.ts';
import { openWindowsInstalls } from './windows-installs.ts';

const project = path.resolve(import.meta.dirname, '..');

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
export const startAppliance = async (
  config: Config,
  environment: NodeJS.ProcessEnv,
  log: Log,
  started: AsyncDisposableStack,
): Promise<void> => {
  const { folders, orders: orderTimes, room, admin, boot } = config;
  const { version } = JSON.parse(await readFile(path.join(project, 'package.json'), 'utf8'));
  const lock = await claimDataFolder(folders.data);
  started.defer(() => lock.release());
  const clock = systemClock;

  const store = await openStore({ database: config.database, folder: folders.data, log });
  started.defer(() => store.close());
  const imaging = await openImaging({
    config,
    channels: store.channels,
    environment,
    clock,
    log,
    started,
  });
  const { keys, images, channels } = imaging;
  const servers = createHttpServers();
  const ledger = await LeaseLedger.open(store.leases, clock);
  const macAt = createNeighbourLookup(clock);
  const journal = await openBootJournal({
    store: store.boots,
    clock,
    log,
    macAt,
  });
  let running: BootServices | undefined;
  const network = bootNetwork(config, () => running?.interfaces() ?? []);
  const metrics = createMetrics({
    store,
    leases: ledger,
    bytesServed: servers.servedBytes,
    otherServers: () => otherServerCounts(network),
  });
  started.defer(() => journal.close());
  const settings = await loadBootSettings(store);
  const { machines, rooms } = settings;
  const fleet = createFleetDesk({
    store: { ...store, machines, rooms },
    images: shelfOf(images),
    signer: keys,
    vault: await openSecretKeys(config.secrets.keyFile),
    sources: { find: async (name) => imaging.sources.get(name) },
    rehearse: (plan) => answers.rehearse(plan),
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
  await captures.resume();
  const uploads = createUploadRoutes({ targetOf: captures.targetOf, log });
  const installLogs = await openInstallLogs(path.join(folders.data, 'install-logs'), log);
  started.defer(() => installLogs.close());
  const watch = startOrderWatch({
    orders: fleet.orders,
    clock,
    lostAfterSeconds: orderTimes.lostAfterSeconds,
    lastLines: ({ id }) => installLogs.tail(id, 50),
    log,
  });
  started.defer(() => watch.stop());
  const pruning = forgetOldBoots({ sessions: store.bootSessions, journal, clock, log });
  started.defer(() => pruning.close());

  const windows = await openWindowsShelf(path.join(folders.data, 'windows'), fleet.rooms);
  const ownIpxe = await findOwnIpxe(folders.boot, log);
  const windowsInstalls = await openWindowsInstalls({
    config,
    sources: imaging.sources,
    media: imaging.media,
    drivers: windows.drivers,
    ownIpxe,
    onKernelBytes: servers.addKernelBytes,
    log,
    started,
  });
  const answers = windowsInstalls.withPeFiles(createPlanAnswers(windows.templates));
  const { packageCache: cacheSettings } = config.sources;
  const packageCache = cacheSettings.enabled
    ? await openPackageCache({
        settings: cacheSettings,
        folder: path.join(folders.data, 'package-cache'),
        log,
      })
    : undefined;
  const installing = openInstalling({
    config,
    packageCacheAt: (address) => packageCache?.urlAt(address),
    installs: store.installs,
    orders: fleet.orders,
    machines,
    planner: fleet.installs,
    answers,
    logs: installLogs,
    macAt: (address) => macAt(address) ?? ledger.macAt(address),
    onAlarm: metrics.onInstallAlarm,
    servers,
    clock,
    log,
  });
  const issuing = { installs: installing.desk, planner: fleet.installs };
  const installers = createInstallerDesk({
    ...issuing,
    sources: imaging.sources,
    answersFor: installing.answersFor,
    logPort: room.syslogPort,
    kernelArguments: boot.kernelArguments,
  });
  const desk = journaledDesk(
    createBootDesk({
      fleet: { ...store, orders: fleet.orders },
      installers: windowsInstalls.besides(installers, issuing),
      publicKey: keys.publicKey,
      clock,
      log,
    }),
    journal,
  );
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
  const inherited = inheritedSockets(describeInherited(inheritedDescriptors(environment, process.pid)));
  const offered = createImageRoutes({
    token: config.images.mirror.token,
    ...offeredImages({ images, channels, keys }),
    log,
  });
  const serveHttp = createRoomHttp({
    ...{ config, images, sources: imaging.sources, installing, packageCache, servers },
    ...{ desk, journal, ownIpxe, menuOf: (mac) => settings.of(mac).menu ?? boot.menu },
    others: [windowsInstalls.routes, uploads, offered, agents],
    log,
  });
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
    ...imaging,
    fleet,
    windows,
    answers,
    store,
    metrics,
    journal,
    leases: ledger,
    installLogs,
    network,
    clock,
    version,
    log,
  });
  const services = await startAll([
    () => servers.serve(adminApi, (server) => listenAdmin(server, admin.host, admin.port)),
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
