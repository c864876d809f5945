import path from 'node:path';
import type { PlanAnswers } from './answers/plan-answers.ts';
import { planValues } from './answers/plan-values.ts';
import type { OwnIpxe } from './boot/own-ipxe.ts';
import { findOwnWimboot } from './boot/own-wimboot.ts';
import type { Arch } from './boot/plan.ts';
import type { Config } from './config.ts';
import { GreifError } from './core/errors.ts';
import type { Log } from './core/log.ts';
import type { DriverStore } from './drivers/driver-store.ts';
import type { Machine } from './fleet/machine.ts';
import type { InstallerSource } from './sources/source.ts';
import type { SourceStore } from './sources/source-store.ts';
import { openBootWimStore } from './winpe/boot-wim-store.ts';
import { createWindowsInstaller, type WimbootPlan } from './winpe/installer.ts';
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

/** A PC that is to start Windows PE. */
export interface WindowsPc {
  machine: Machine;
  arch: Arch | undefined;
}

/** What starts it, once all that PCs of its kind share is made. */
export type PlanWindows = (urls: { server: string; source: string; answer: string }) => WimbootPlan;

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
  const wimbootFor = ({ machine, arch = 'bios' }: WindowsPc): string => {
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
    /** Throws INSTALLER_UNBOOTABLE, and what makes of a source no medium of Windows. */
    async prepare(source: InstallerSource, pc: WindowsPc): Promise<PlanWindows> {
      const file = wimbootFor(pc);
      const ready = await installer.prepare(source, pc.machine);
      return (urls) =>
        installer.plan(source, ready, { ...urls, wimboot: `${urls.server}/boot/files/${file}` });
    },
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

export type WindowsInstalls = Awaited<ReturnType<typeof openWindowsInstalls>>;
