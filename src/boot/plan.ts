import type { Mac } from '../core/mac.ts';
import type { Machine } from '../fleet/machine.ts';
import type { Order } from '../fleet/order.ts';
import { isEnded } from '../fleet/order-states.ts';

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
  | { kind: 'local-disk'; machineId: string };

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
  if (open && !isEnded(open.state)) return { kind: 'agent', orderId: open.id };
  // Nothing of ours starts on a PC that is out of service, whatever is chosen at it: it is taken back by name (recommission).
  if (machine.decommissionedAt !== undefined) return { kind: 'local-disk', machineId: machine.id };
  return wantsAgent ? { kind: 'discover' } : { kind: 'local-disk', machineId: machine.id };
};
