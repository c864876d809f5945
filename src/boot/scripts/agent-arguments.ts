import type { Mac } from '../../core/mac.ts';
import type { OwnIpxe } from '../own-ipxe.ts';
import type { BootClient } from '../plan.ts';
import type { PlannedBoot } from '../ports.ts';

export interface ScriptSite {
  /** `http://ADDRESS:PORT` */
  serverUrl: string;
  /** As `kernelWords` lets them pass. */
  kernelWords: readonly string[];
  /** The operator's own iPXE, where it is used. */
  ownIpxe?: OwnIpxe | undefined;
  /** Whether iPXE shows this PC's menu; not unless told. */
  menuOf?: ((mac: Mac) => boolean) | undefined;
}

/** The kernel command line of the agent. `BOOTIF` is PXELINUX's form: the hardware type, then the MAC. */
export const agentArguments = (client: BootClient, boot: PlannedBoot, site: ScriptSite): string =>
  [
    `greif.server=${site.serverUrl}`,
    `greif.token=${boot.token}`,
    `greif.boot=${boot.bootId}`,
    `greif.key=${boot.key}`,
    `BOOTIF=01-${client.mac.replaceAll(':', '-')}`,
    ...site.kernelWords,
    // The serial console of ARM64 boards; a PC's is among the operator's words.
    ...(client.arch === 'uefi-arm64' ? ['console=ttyAMA0,115200'] : []),
  ].join(' ');
