import { scriptUrl } from '../loader.ts';
import type { BootClient } from '../plan.ts';
import type { PlannedBoot } from '../ports.ts';
import { agentArguments, type ScriptSite } from './agent-arguments.ts';

/** Under UEFI the kernel finds its initrd by the name that `initrd=` gives; the BIOS path ignores it. */
const agentScript = (client: BootClient, boot: PlannedBoot, site: ScriptSite): string[] => [
  `kernel ${site.serverUrl}/boot/files/agent/vmlinuz initrd=initrd.img ${agentArguments(client, boot, site)} || goto failed`,
  `initrd ${site.serverUrl}/boot/files/agent/initrd.img || goto failed`,
  'boot || goto failed',
  ':failed',
  'echo Greif: the boot files did not arrive, trying again in 10 seconds',
  'imgfree',
  'sleep 10',
  `chain --replace ${scriptUrl(client, site.serverUrl)}`,
];

/**
 * A BIOS that is told "failed" may stop at a prompt, so iPXE starts the first disk itself. UEFI firmware goes to its next boot
 * entry when the loader fails; told "success", it opens its menu instead (UEFI 2.10 section 3.1.1).
 */
const localDiskScript = ({ arch }: BootClient): string[] =>
  arch === 'bios' ? ['sanboot --no-describe --drive 0x80 || exit'] : ['exit 1'];

/** The script that iPXE runs for this PC. */
export const renderIpxeScript = (client: BootClient, boot: PlannedBoot, site: ScriptSite): string =>
  [
    '#!ipxe',
    `echo Greif: ${boot.plan.kind}, boot ${boot.bootId}`,
    ...(boot.plan.kind === 'local-disk' ? localDiskScript(client) : agentScript(client, boot, site)),
    '',
  ].join('\n');
