import path from 'node:path';
import type { PlanAnswers } from './answers/plan-answers.ts';
import { trustsByInitrd } from './boot/installer/kernel-arguments.ts';
import type { Place } from './boot/network/descriptor.ts';
import type { Sockets } from './boot/network/sockets.ts';
import type { Config } from './config.ts';
import type { Clock } from './core/clock.ts';
import type { Log } from './core/log.ts';
import { type Service, startAll } from './core/start-all.ts';
import type { InstallPlanner } from './fleet/install-plan.ts';
import type { MachineStore, OrderStore } from './fleet/ports.ts';
import type { OsSystem } from './fleet/profile.ts';
import type { HttpServers } from './http-servers.ts';
import { createAlarms } from './installs/alarms.ts';
import { type Authority, openAuthority } from './installs/authority.ts';
import { createAuthorityRoutes, trustPath } from './installs/authority-routes.ts';
import { createInstallDesk } from './installs/desk.ts';
import { createDoor } from './installs/door.ts';
import { createInstallHttp, type InstallHttp } from './installs/http.ts';
import type { InstallStore, RefusalReason } from './installs/install.ts';
import type { InstallLogs } from './installs/install-logs.ts';
import { createInstallerEar } from './installs/installer-ear.ts';
import { orderAnswers, type PackageCacheAt } from './installs/order-answers.ts';
import { startSyslogServer } from './installs/syslog-server.ts';
import type { ServerUrls } from './installs/tokens.ts';

export interface InstallingOptions {
  config: Pick<Config, 'room' | 'installs' | 'folders'>;
  installs: InstallStore;
  orders: OrderStore;
  machines: MachineStore;
  planner: InstallPlanner;
  answers: PlanAnswers;
  logs: InstallLogs;
  packageCacheAt: PackageCacheAt;
  macAt(address: string): string | undefined;
  onAlarm(reason: RefusalReason): void;
  servers: HttpServers;
  clock: Clock;
  log: Log;
}

/** Part of the composition: answers for installers, and what they and the new systems tell. */
export const openInstalling = (options: InstallingOptions) => {
  const { config, planner, answers, servers, log } = options;
  const { httpPort, httpsPort, syslogPort } = config.room;
  const door = createDoor({ ...options, alarms: createAlarms(options) });
  const desk = createInstallDesk({
    ...options,
    door,
    answers: orderAnswers(planner, answers, options.packageCacheAt),
    answerMinutes: config.installs.answerMinutes,
    logPort: syslogPort,
  });
  const ear = createInstallerEar(options);
  let authority: Promise<Authority> | undefined;
  /** Made when an interface is served for the first time. */
  const ourAuthority = (): Promise<Authority> =>
    (authority ??= openAuthority(path.join(config.folders.data, 'tls')));
  const authorityRoutes = createAuthorityRoutes(ourAuthority, log);
  const urlOf = (address: string): string => `http://${address}:${httpPort}`;
  const secureUrlOf = (address: string): string => `https://${address}:${httpsPort}`;
  const routesAt = ({ address }: Place): InstallHttp => {
    const serverUrl = urlOf(address);
    const installs = createInstallHttp({ desk, servers: { serverUrl, secretsUrl: serverUrl }, log });
    return (request, response) =>
      installs(request, response) || (httpsPort !== 0 && authorityRoutes(request, response));
  };

  const serveSecurely = async (place: Place, sockets: Sockets): Promise<Service> => {
    const { address } = place;
    // Callbacks go by HTTP all the same: other programs make them, and their tokens open no answer.
    const routes = createInstallHttp({
      desk,
      servers: { serverUrl: urlOf(address), secretsUrl: secureUrlOf(address) },
      log,
    });
    return servers.serve(
      (request, response) => void (routes(request, response) || response.writeHead(404).end()),
      (server) => sockets.tcp({ ...place, port: httpsPort }, server),
      await (await ourAuthority()).issue(place.address),
    );
  };
  const hear = async (place: Place, sockets: Sockets): Promise<Service> => {
    const socket = await sockets.udp({ ...place, port: syslogPort });
    return startSyslogServer(socket, (address, line) => void ear.heard(address, line), log);
  };

  return {
    desk,
    routesAt,
    /** Where a system's installer gets its answer, asked for at `serverUrl`: over TLS if it can be told whom to trust. */
    answersFor: (system: OsSystem, serverUrl: string): ServerUrls & { trustUrl?: string } =>
      httpsPort !== 0 && trustsByInitrd.has(system)
        ? {
            serverUrl,
            secretsUrl: secureUrlOf(new URL(serverUrl).hostname),
            trustUrl: `${serverUrl}${trustPath}`,
          }
        : { serverUrl, secretsUrl: serverUrl },
    /** TLS and syslog at one of our addresses. */
    listenAt: (place: Place, sockets: Sockets): Promise<Service> =>
      startAll([
        ...(httpsPort === 0 ? [] : [() => serveSecurely(place, sockets)]),
        ...(syslogPort === 0 ? [] : [() => hear(place, sockets)]),
      ]),
  };
};
