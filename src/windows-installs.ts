import path from 'node:path';
import type { PlanAnswers } from './answers/plan-answers.ts';
import { planValues } from './answers/plan-values.ts';
import { settingsOf } from './answers/settings.ts';
import type { OwnIpxe } from './boot/own-ipxe.ts';
import { findOwnWimboot } from './boot/own-wimboot.ts';
import type { Arch } from './boot/plan.ts';
import type { InstallerDesk } from './boot/ports.ts';
import type { Config } from './config.ts';
import { GreifError } from './core/errors.ts';
import type { Log } from './core/log.ts';
import type { DriverStore } from './drivers/driver-store.ts';
import type { InstallPlan, InstallPlanner } from './fleet/install-plan.ts';
import type { Machine } from './fleet/machine.ts';
import { sourceUrl } from './fleet/source-url.ts';
import type { InstallDesk } from './installs/desk.ts';
import { installUrls } from './installs/tokens.ts';
import type { SourceStore } from './sources/source-store.ts';
import { openBootWimStore } from './winpe/boot-wim-store.ts';
import { createWindowsInstaller } from './winpe/installer.ts';
import type { MediumStore } from './winpe/medium.ts';
import { createWinpeRoutes } from './winpe/routes.ts';
import { createSmbServer } from './winpe/smb-server.ts';

export interface WindowsInstallsOptions {
  config: Pick<Config, 'folders' | 'windows' | 'interfaces'>;
  sources: Pick<SourceStore, 'get'>;
  media: MediumStore;
  drivers: DriverStore;
  ownIpxe: OwnIpxe;
  onKernelBytes: (count: number) => void;
  log: Log;
  /** Takes what is to be stopped. */
  started: AsyncDisposableStack;
}

/** The name that the order gives the system in install.wim; empty: none. */
const wantedImage = ({ variables }: InstallPlan): string => {
  const values = Object.entries(variables).map(([name, { value }]) => [name, value]);
  return settingsOf({ variables: Object.fromEntries(values) }).windows_image;
};

interface InstallingParts {
  installs: Pick<InstallDesk, 'issue'>;
  planner: Pick<InstallPlanner, 'ofOrder'>;
}

/** Part of the composition: Windows PE, and the files of the Windows that it installs. */
export const openWindowsInstalls = async (options: WindowsInstallsOptions) => {
  const { config, sources, media, drivers, ownIpxe, onKernelBytes, log, started } = options;
  const { folders, windows, interfaces } = config;
  const bootWims = await openBootWimStore(path.join(folders.data, 'winpe/boot-wims'), drivers);
  const smb =
    windows.filesOver === 'smb'
      ? createSmbServer({
          stateFolder: path.join(folders.data, 'winpe/smb'),
          interfaces: interfaces.map(({ name }) => name),
          log,
        })
      : undefined;
  if (smb) started.defer(() => smb.close());
  const installer = createWindowsInstaller({ media, bootWims, drivers, smb });
  const wimboot = await findOwnWimboot(folders.boot, log);

  /** Throws INSTALLER_UNBOOTABLE. */
  const wimbootFor = (machine: Machine, arch: Arch): string => {
    const file = wimboot[arch];
    if (file === undefined)
      throw new GreifError(
        'INSTALLER_UNBOOTABLE',
        `there is no wimboot for ${arch} in the boot folder, with which Windows PE is started: see boot/README.md, then start the appliance again`,
      );
    if (machine.inventory.secureBoot === true && ownIpxe[arch] === undefined)
      throw new GreifError(
        'INSTALLER_UNBOOTABLE',
        `${machine.name} has Secure Boot on, which starts no iPXE that is not signed: put a signed one into the boot folder (boot/README.md), or switch Secure Boot off for the install`,
      );
    return file;
  };

  return {
    routes: createWinpeRoutes({ bootWims, onKernelBytes, log }),
    /** Starts Windows PE for Windows' orders; the others' installers are started as before. */
    besides: (others: InstallerDesk, { installs, planner }: InstallingParts): InstallerDesk => ({
      async bootOf(order, machine, boot) {
        if (order.options.system !== 'windows') return others.bootOf(order, machine, boot);
        const { client, bootId, serverUrl: server } = boot;
        const plan = await planner.ofOrder(order, machine);
        const source = sources.get(plan.profile.source);
        // First all that takes its time or may fail: the answer's address is good for minutes only.
        const wimbootFile = wimbootFor(machine, client.arch ?? 'bios');
        const ready = await installer.prepare(source, machine, wantedImage(plan));
        const servers = { serverUrl: server, secretsUrl: server };
        const { answer } = installUrls(await installs.issue(order, bootId), servers);
        return installer.plan(source, ready, {
          server,
          answer,
          source: sourceUrl(server, source.name),
          wimboot: `${server}/boot/files/${wimbootFile}`,
        });
      },
    }),
    /** The same answers, and for Windows what Windows PE needs beside its own. */
    withPeFiles: (answers: PlanAnswers): PlanAnswers => ({
      ...answers,
      async files(plan, place) {
        const files = await answers.files(plan, place);
        if (plan.profile.system !== 'windows') return files;
        const source = sources.get(plan.profile.source);
        return [...files, ...(await installer.files(planValues(plan, place), source))];
      },
    }),
  };
};
