import type { Inventory } from './inventory.ts';
import type { Machine } from './machine.ts';
import type { MachineIdentity } from './ports.ts';

const sharedMacs = (identity: MachineIdentity, machine: Machine): number =>
  machine.macs.filter((mac) => identity.macs.includes(mac)).length;

/**
 * Which of the machines that share a MAC or the SMBIOS UUID a PC is. By MAC: of several machines the one with the same UUID, then the one
 * with most MACs, then the one seen last. By UUID only when no MAC is asked for, and only when one machine has it: many boards bear the
 * same UUID, and a PC whose MAC is unknown must be discovered, not taken for another.
 */
export const identifyMachine = (
  identity: MachineIdentity,
  candidates: readonly Machine[],
): Machine | undefined => {
  const sameUuid = (machine: Machine) => identity.uuid !== undefined && machine.uuid === identity.uuid;
  if (identity.macs.length === 0) {
    const byUuid = candidates.filter(sameUuid);
    return byUuid.length === 1 ? byUuid[0] : undefined;
  }
  return candidates
    .filter((machine) => sharedMacs(identity, machine) > 0)
    .sort(
      (a, b) =>
        Number(sameUuid(b)) - Number(sameUuid(a)) ||
        sharedMacs(identity, b) - sharedMacs(identity, a) ||
        b.lastSeenAt.localeCompare(a.lastSeenAt),
    )[0];
};

/** Identities that travel with the disk; `path:…` names a slot, not a disk. */
const diskIds = (inventory: Inventory): string[] =>
  inventory.disks.map(({ id }) => id).filter((id) => /^(wwn|serial):/.test(id));

/**
 * Whether a PC that was identified is really that machine, now that its whole inventory is known. A USB network adapter that goes from PC to PC
 * brings its MAC along, and makers ship boards with one UUID for all: either alone would image the wrong PC. A known disk settles it.
 */
export const isSameMachine = (machine: Machine, inventory: Inventory): boolean => {
  const known = new Set(diskIds(machine.inventory));
  const sameDisk = diskIds(inventory).some((id) => known.has(id));
  const { uuid } = inventory.smbios;
  const sameMac = inventory.nics.some(({ mac }) => machine.macs.includes(mac));
  const otherUuid = uuid !== undefined && machine.uuid !== undefined && uuid !== machine.uuid;
  return sameMac ? sameDisk || !otherUuid : sameDisk && uuid !== undefined && uuid === machine.uuid;
};
