import { diagnose, diagnoseAbsent } from '../../boot/journal/diagnose.ts';
import type { BootJournal } from '../../boot/journal/journal.ts';
import type { Boot, Step } from '../../boot/journal/step.ts';
import { type Clock, isoTime } from '../../core/clock.ts';
import { GreifError } from '../../core/errors.ts';
import { type Mac, macOf } from '../../core/mac.ts';
import type { MachineRegistry } from '../../fleet/registry.ts';
import type { AdminRoutes } from '../contract/admin.ts';
import type { BootStep, BootSummary } from '../contract/boot.ts';
import type { Handlers } from './mount.ts';

type BootRoutes = Pick<AdminRoutes, 'listBoots' | 'traceBoot'>;

const stepView = ({ at, ...step }: Step, startedAt: number): BootStep => ({
  ...step,
  at: isoTime(at),
  afterMs: at - startedAt,
});

type Facts = Omit<BootSummary, 'diagnosis'>;

const factsOf = (boot: Boot, names: ReadonlyMap<string, string>): Facts => {
  const { id, mac, steps, omitted } = boot;
  const latest = <Key extends 'arch' | 'address'>(key: Key) => steps.findLast((step) => step[key])?.[key];
  return {
    id,
    mac,
    machine: names.get(mac),
    startedAt: isoTime(boot.startedAt),
    lastAt: isoTime(boot.lastAt),
    arch: latest('arch'),
    address: latest('address'),
    stepCount: steps.length + omitted,
  };
};

export const bootHandlers = (parts: {
  journal: BootJournal;
  machines: MachineRegistry;
  clock: Clock;
}): Handlers<BootRoutes> => {
  const { journal, machines, clock } = parts;

  const namesByMac = async (): Promise<Map<string, string>> =>
    new Map((await machines.list()).flatMap(({ macs, name }) => macs.map((mac) => [mac, name] as const)));

  /** A MAC stands for itself, whether it belongs to a machine or not. Throws MACHINE_NOT_FOUND. */
  const macsOf = async (pc: string): Promise<readonly Mac[]> => {
    const mac = macOf(pc);
    return mac ? [mac] : ((await machines.find(pc)).macs as Mac[]);
  };

  const find = async (macs: readonly Mac[], id: string): Promise<Boot | undefined> => {
    if (id === 'latest') return journal.latest(macs);
    const boot = await journal.get(id);
    if (boot && macs.includes(boot.mac)) return boot;
    throw new GreifError(
      'BOOT_NOT_FOUND',
      `this PC has no boot ${id}: greif boot list shows those that are kept`,
    );
  };

  const hasNews = (boot: Boot | undefined, after: number, of: string | undefined): boolean =>
    boot !== undefined && (boot.id !== of || boot.steps.some(({ n }) => n > after));

  return {
    async listBoots({ query: { pc, limit } }) {
      const macs = pc === undefined ? undefined : await macsOf(pc);
      const boots = await journal.list({ ...(macs && { macs }), limit });
      const names = await namesByMac();
      return boots.map((boot) => ({ ...factsOf(boot, names), diagnosis: diagnose(boot.steps, clock()) }));
    },
    async traceBoot({ params, query: { after, of, waitSeconds } }, { gone }) {
      const macs = await macsOf(params.pc);
      const change = journal.next(macs, waitSeconds * 1000, gone);
      if (!hasNews(await find(macs, params.boot), after, of)) await change;
      const boot = await find(macs, params.boot);
      if (!boot) return { diagnosis: diagnoseAbsent(journal.heard(macs), isoTime(journal.openedAt)) };
      const seen = boot.id === of ? after : 0;
      const steps = boot.steps.filter(({ n }) => n > seen).map((step) => stepView(step, boot.startedAt));
      return {
        boot: { ...factsOf(boot, await namesByMac()), omitted: boot.omitted, steps },
        diagnosis: diagnose(boot.steps, clock()),
      };
    },
  };
};
