import { type Clock, isoTime } from '../core/clock.ts';
import { newId, newToken, sha256Hex } from '../core/ids.ts';
import type { Log } from '../core/log.ts';
import type { FleetStore } from '../fleet/ports.ts';
import { type BootClient, decideBoot } from './plan.ts';
import type { BootDesk, PlannedBoot } from './ports.ts';

interface DeskNeeds {
  fleet: Pick<FleetStore, 'machines' | 'orders' | 'bootSessions'>;
  /** The public key that agents shall trust. Asked for every boot: it may be rotated. */
  publicKey(): string;
  clock: Clock;
  log: Log;
}

/** Notes, once, that the PC went to its own disk after its newest order was completed. */
const noteDiskBoot = async (
  { fleet, clock }: Pick<DeskNeeds, 'fleet' | 'clock'>,
  machineId: string,
  bootId: string,
) => {
  const [latest] = await fleet.orders.list({ machineId, states: ['completed'] });
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
  const { fleet, publicKey, clock, log } = needs;

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
    async plan(client: BootClient): Promise<PlannedBoot> {
      const bootId = newId();
      const machine = await fleet.machines.identify({ macs: [client.mac], uuid: client.uuid });
      const open = machine && (await fleet.orders.open(machine.id));
      const plan = decideBoot(machine, open, client.wantsAgent);
      const ids = { bootId, mac: client.mac, machine: machine?.name };
      if (plan.kind === 'local-disk') {
        const orderId = await noteDiskBoot(needs, plan.machineId, bootId);
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
