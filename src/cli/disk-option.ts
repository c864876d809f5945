import { InvalidArgumentError, Option } from 'commander';

type Choices = Record<string, string | null>;

const addChoice = (text: string, before: Choices = {}): Choices => {
  const [, role, rule] = /^([a-z][a-z0-9-]*)=(.*)$/.exec(text) ?? [];
  if (role === undefined)
    throw new InvalidArgumentError('write ROLE=DISK, as in system="only nvme"; ROLE= takes the choice back.');
  return { ...before, [role]: rule || null };
};

/** `--disk ROLE=DISK`, once a role, for machines and rooms. */
export const diskOption = (): Option =>
  new Option(
    '--disk <role=disk>',
    'which disk is which: only, smallest or largest (with nvme, sata, scsi, virtio, mmc, ssd or hdd behind it), a serial number, a WWN or path:…; nothing behind = takes the choice back',
  ).argParser(addChoice);

/** A choice a line, for people. */
export const diskFacts = (disks: Record<string, string> | undefined): (readonly [string, string])[] =>
  Object.entries(disks ?? {}).map(([role, rule]) => [`${role} disk`, rule] as const);
