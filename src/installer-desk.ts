import { answerFileName } from './answers/render.ts';
import { assertBootable, linuxBoot } from './boot/installer/installer-boot.ts';
import type { InstallerDesk } from './boot/ports.ts';
import { kernelWords } from './boot/site.ts';
import type { InstallPlanner } from './fleet/install-plan.ts';
import type { OsSystem } from './fleet/profile.ts';
import { sourceIsoUrl } from './fleet/source-url.ts';
import type { InstallDesk } from './installs/desk.ts';
import { placeOf } from './installs/order-answers.ts';
import { installUrls, type ServerUrls } from './installs/tokens.ts';
import type { SourceStore } from './sources/source-store.ts';

/** Part of the composition: what starts an order's installer, from its profile, the profile's source and a new address of its answer. */
export const createInstallerDesk = (parts: {
  installs: Pick<InstallDesk, 'issue'>;
  planner: Pick<InstallPlanner, 'ofOrder'>;
  sources: Pick<SourceStore, 'get'>;
  /** Where a system's installer gets its answer, and what makes it trust that place. */
  answersFor(system: OsSystem, serverUrl: string): ServerUrls & { trustUrl?: string | undefined };
  /** Where installers' logs are heard, UDP; 0: nowhere. */
  logPort: number;
  kernelArguments: string;
}): InstallerDesk => {
  const { installs, planner, sources, answersFor, logPort } = parts;
  const words = kernelWords(parts.kernelArguments);
  return {
    async bootOf(order, machine, { client, bootId, serverUrl }) {
      const plan = await planner.ofOrder(order, machine);
      const { profile } = plan;
      const source = sources.get(profile.source);
      const pc = { name: machine.name, secureBoot: machine.inventory.secureBoot };
      // First whether it can be started at all: no address is issued in vain.
      assertBootable(profile.system, source, pc);
      const { trustUrl, ...servers } = answersFor(profile.system, serverUrl);
      const urls = installUrls(await installs.issue(order, bootId), servers);
      const { sourceUrl, urls: told } = placeOf({ serverUrl, urls, logPort }, profile, order.id);
      const { mac } = client;
      return linuxBoot(profile.system, source, pc, {
        ...{ sourceUrl, mac, log: told.log },
        ...(source.kind === 'iso' && { isoUrl: sourceIsoUrl(serverUrl, source.name) }),
        ...{ answerFolderUrl: urls.answer, answerUrl: `${urls.answer}${answerFileName(profile.system)}` },
        ...{ trustUrl, hostName: plan.hostName, domain: profile.domain, kernelWords: words },
      });
    },
  };
};
