import type { BootClient } from '../plan.ts';
import type { PlannedBoot } from '../ports.ts';
import { agentArguments, type ScriptSite } from './agent-arguments.ts';

const machineFile = /^grub\/machines\/(([0-9a-f]{2}:){5}[0-9a-f]{2})\.cfg$/;

/** The path of a PC's own configuration. */
const machinePath = (mac: string): string => `grub/machines/${mac}.cfg`;

/** The MAC in the path of a PC's own configuration; `undefined` for any other path. */
export const macOfGrubPath = (path: string): string | undefined => machineFile.exec(path)?.[1];

/** GRUB's first configuration, the same for all PCs: it goes on to the PC's own. */
export const grubEntryPath = 'grub/grub.cfg';
export const renderGrubEntry = (): string => `configfile /${machinePath('$net_default_mac')}\n`;

/** Debian's signed network GRUB has no `http` module: kernel and initrd come from where GRUB came from, by TFTP. */
const agentScript = (client: BootClient, boot: PlannedBoot, site: ScriptSite): string[] => [
  `if linux /agent/vmlinuz ${agentArguments(client, boot, site)}; then`,
  '  if initrd /agent/initrd.img; then boot; fi',
  'fi',
  "echo 'Greif: the boot files did not arrive, trying again in 10 seconds'",
  'sleep 10',
  `configfile /${machinePath(client.mac)}`,
];

/** The configuration that GRUB runs for this PC. */
export const renderGrubScript = (client: BootClient, boot: PlannedBoot, site: ScriptSite): string =>
  [
    `echo 'Greif: ${boot.plan.kind}, boot ${boot.bootId}'`,
    ...(boot.plan.kind === 'local-disk' ? ['exit'] : agentScript(client, boot, site)),
    '',
  ].join('\n');
