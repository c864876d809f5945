import { type Clock, isoTime } from '../core/clock.ts';
import { asGreifError, GreifError } from '../core/errors.ts';
import { newId, newToken, sha256Hex } from '../core/ids.ts';
import type { Log } from '../core/log.ts';
import type { Machine } from '../fleet/machine.ts';
import type { InstallOrder, Order, OrderEvent } from '../fleet/order.ts';
import type { FleetStore } from '../fleet/ports.ts';
import { type BootClient, decideBoot } from './plan.ts';
import type { BootDesk, InstallerDesk, InstallerStart, PlannedBoot } from './ports.ts';

interface DeskNeeds {
  fleet: Pick<FleetStore, 'machines' | 'orders' | 'bootSessions'>;
  /** Without one no order asks for an installer. */
  installers?: InstallerDesk;
  /** The public key that agents shall trust. Asked for every boot: it may be rotated. */
  publicKey(): string;
  clock: Clock;
  log: Log;
}

/** Who installs in a room without power is not helped by a fourth try. */
const mostStarts = 3;

/** In how many boots an installer has worked for the order, as its history tells. */
const installerStarts = (events: readonly OrderEvent[]): number =>
  new Set(events.filter(({ actor }) => actor.startsWith('installer:')).map(({ bootId }) => bootId)).size;

/** Notes, once, that the PC went to its own disk: after its newest order was completed, or while an install waits for the system's report. */
const noteDiskBoot = async (
  { fleet, clock }: Pick<DeskNeeds, 'fleet' | 'clock'>,
  machineId: string,
  bootId: string,
  open: Order | undefined,
) => {
  const [latest] = open ? [open] : await fleet.orders.list({ machineId, states: ['completed'] });
  if (open && open.state !== 'verifying') return undefined;
  if (!latest || latest.kind === 'removal' || latest.bootedFromDiskAt !== undefined) return undefined;
  const at = isoTime(clock());
  await fleet.orders.note(
    latest.id,
    { at, actor: 'appliance', cause: 'sent to its own disk', bootId },
    { bootedFromDiskAt: at },
  );
  return latest.id;
};

/** Decides what a PC boots, opens its boot session and issues the one-time token, of which only the hash is kept. */
export const createBootDesk = (needs: DeskNeeds): BootDesk => {
  const { fleet, installers, publicKey, clock, log } = needs;

  const fail = async ({ id }: Order, bootId: string, { code, message }: GreifError): Promise<void> => {
    const at = isoTime(clock());
    const event = { at, actor: 'appliance', cause: `${code}: ${message}`, bootId };
    if ((await fleet.orders.get(id))?.state === 'filed')
      await fleet.orders.transition(id, 'claimed', { ...event, cause: 'the PC asks for its installer' });
    await fleet.orders.transition(id, 'failed', event, { endedAt: at, reason: { code, message } });
  };

  /** Throws what makes the order fail. */
  const startInstaller = async (order: InstallOrder, machine: Machine, boot: InstallerStart) => {
    if (!installers) throw new GreifError('UNSUPPORTED', 'this appliance installs no systems');
    const starts = installerStarts(await fleet.orders.events(order.id));
    if (starts >= mostStarts)
      throw new GreifError(
        'INSTALLER_RESTARTED',
        `the installer was begun ${starts} times and never came to its end: look at the PC's screen and at the order's history, then file a new order`,
      );
    return installers.bootOf(order, machine, boot);
  };

  const planInstall = async (order: InstallOrder, machine: Machine, boot: InstallerStart) => {
    const { bootId } = boot;
    const ids = { bootId, mac: boot.client.mac, machine: machine.name, orderId: order.id };
    try {
      const installer = await startInstaller(order, machine, boot);
      log.info("boots its order's installer", ids);
      return { bootId, plan: { kind: 'install', orderId: order.id }, installer } as const;
    } catch (thrown) {
      const error = asGreifError(thrown);
      if (error.code === 'INTERNAL') throw thrown;
      await fail(order, bootId, error);
      log.warn('cannot boot its installer', { ...ids, reason: error.message });
      return { bootId, plan: { kind: 'local-disk', machineId: machine.id } } as const;
    }
  };

  const openSession = async (client: BootClient, bootId: string): Promise<string> => {
    const token = newToken();
    await fleet.bootSessions.create({
      id: bootId,
      mac: client.mac,
      tokenHash: sha256Hex(token),
      createdAt: isoTime(clock()),
    });
    return token;
  };

  return {
    async plan(client: BootClient, serverUrl: string): Promise<PlannedBoot> {
      const bootId = newId();
      const machine = await fleet.machines.identify({ macs: [client.mac], uuid: client.uuid });
      const open = machine && (await fleet.orders.open(machine.id));
      const plan = decideBoot(machine, open, client.wantsAgent);
      const ids = { bootId, mac: client.mac, machine: machine?.name };
      if (plan.kind === 'install' && machine && open?.kind === 'install')
        return planInstall(open, machine, { client, bootId, serverUrl });
      if (plan.kind === 'local-disk') {
        const orderId = await noteDiskBoot(needs, plan.machineId, bootId, open);
        log.info('boots from its own disk', { ...ids, orderId });
        return { bootId, plan };
      }
      const token = await openSession(client, bootId);
      const why = machine
        ? 'boots the agent, as its menu was told'
        : 'is unknown, boots the agent to register';
      log.info(plan.kind === 'agent' ? 'boots the agent for its order' : why, {
        ...ids,
        orderId: plan.kind === 'agent' ? plan.orderId : undefined,
      });
      return { bootId, plan, token, key: publicKey() };
    },
  };
};
