import type { Mac } from '../core/mac.ts';
import type { Machine } from '../fleet/machine.ts';
import type { InstallOrder, Order } from '../fleet/order.ts';
import { isEnded } from '../fleet/order-states.ts';
import type { OsSystem } from '../fleet/profile.ts';

/** Processor and firmware, from option 93 (RFC 4578 section 2.1; 7 and 9 both mean x64 in the field). */
export type Arch = 'bios' | 'uefi-ia32' | 'uefi-x64' | 'uefi-arm64';

/** A PC that asks what to boot, as far as DHCP, a script's address or a boot loader's file name tells. */
export interface BootClient {
  mac: Mac;
  uuid?: string | undefined;
  arch?: Arch | undefined;
  /** A person at the PC chose the agent in iPXE's menu. */
  wantsAgent?: boolean | undefined;
}

export type BootPlan =
  | { kind: 'discover' }
  | { kind: 'agent'; orderId: number }
  /** A system's own installer. */
  | { kind: 'install'; orderId: number }
  | { kind: 'local-disk'; machineId: string };

/** Their installers restart the PC before they are done, and go on from its disk. */
const goesOnFromDisk: ReadonlySet<OsSystem> = new Set(['windows', 'suse-autoyast']);

/** An installer that has begun and comes back by the network lost its power: it begins anew, on the disk that it was to empty anyway. */
const decideInstall = ({ id, state, machineId, options: { system } }: InstallOrder): BootPlan => {
  const fromDisk = { kind: 'local-disk', machineId } as const;
  if (state === 'finishing') return { kind: 'agent', orderId: id };
  if (state === 'verifying') return fromDisk;
  return state === 'installing' && goesOnFromDisk.has(system) ? fromDisk : { kind: 'install', orderId: id };
};

/**
 * What a PC does at this power-on. Pure. An order that an agent holds already means that the PC was switched off half-way:
 * it gets the agent again, whose check-in settles the order. An agent without an order reports the hardware and waits.
 */
export const decideBoot = (
  machine: Machine | undefined,
  open: Order | undefined,
  wantsAgent = false,
): BootPlan => {
  if (!machine) return { kind: 'discover' };
  if (open && !isEnded(open.state))
    return open.kind === 'install' ? decideInstall(open) : { kind: 'agent', orderId: open.id };
  // Nothing of ours starts on a PC that is out of service, whatever is chosen at it: it is taken back by name (recommission).
  if (machine.decommissionedAt !== undefined) return { kind: 'local-disk', machineId: machine.id };
  return wantsAgent ? { kind: 'discover' } : { kind: 'local-disk', machineId: machine.id };
};
