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

/**
 * Where an x64 system keeps its loader. The fallback comes last: shim's own fallback (fbx64.efi), if it is there, would rewrite
 * the boot order and so lock the network out.
 */
const diskLoaders = [
  '/EFI/debian/shimx64.efi',
  '/EFI/ubuntu/shimx64.efi',
  '/EFI/fedora/shimx64.efi',
  '/EFI/centos/shimx64.efi',
  '/EFI/redhat/shimx64.efi',
  '/EFI/rocky/shimx64.efi',
  '/EFI/almalinux/shimx64.efi',
  '/EFI/opensuse/shim.efi',
  '/EFI/Microsoft/Boot/bootmgfw.efi',
  '/EFI/BOOT/BOOTX64.EFI',
];

/**
 * GRUB starts the disk's loader itself. Its `exit` tells the firmware "success", upon which OVMF and others open their menu and wait
 * for a hand (UEFI 2.10 section 3.1.1): that is left for a PC whose disk has no loader. `chainloader` hands its child the device in `root`.
 */
const localDiskScript: readonly string[] = [
  'for partition in (hd*,*); do',
  `  for loader in ${diskLoaders.join(' ')}; do`,
  '    if [ -f "$partition$loader" ]; then',
  '      set root=$partition',
  '      if chainloader $loader; then boot; fi',
  '    fi',
  '  done',
  'done',
  "echo 'Greif: no disk of this PC has a boot loader'",
  'sleep 5',
  'exit',
];

/** The configuration that GRUB runs for this PC. */
export const renderGrubScript = (client: BootClient, boot: PlannedBoot, site: ScriptSite): string =>
  [
    `echo 'Greif: ${boot.plan.kind}, boot ${boot.bootId}'`,
    ...(boot.plan.kind === 'local-disk' ? localDiskScript : agentScript(client, boot, site)),
    '',
  ].join('\n');
