import { agentFolder } from '../agent-folder.ts';
import { entryScriptUrl, grubLoader, scriptUrl, shimLoader } from '../loader.ts';
import type { Arch, BootClient } from '../plan.ts';
import type { PlannedBoot } from '../ports.ts';
import { agentArguments, type ScriptSite } from './agent-arguments.ts';
import { renderMenu } from './menu.ts';

/** Under UEFI the kernel finds its initrd by the name that `initrd=` gives; the BIOS path ignores it. */
const agentScript = (client: BootClient, boot: PlannedBoot, site: ScriptSite): string[] => {
  const folder = `${site.serverUrl}/boot/files/${agentFolder(client.arch)}`;
  return [
    `kernel ${folder}/vmlinuz initrd=initrd.img ${agentArguments(client, boot, site)} || goto failed`,
    `initrd ${folder}/initrd.img || goto failed`,
    // A signed iPXE starts only what its own shim or the firmware trusts; Debian's shim vouches for Debian's kernel.
    ...(client.arch !== undefined && site.ownIpxe?.[client.arch]
      ? [`shim ${site.serverUrl}/boot/files/${shimLoader(client.arch)} || goto failed`]
      : []),
    'boot || goto failed',
    ':failed',
    'echo Greif: the boot files did not arrive, trying again in 10 seconds',
    'imgfree',
    'sleep 10',
    `chain --replace ${scriptUrl(client, site.serverUrl)}`,
  ];
};

/**
 * A BIOS that is told "failed" may stop at a prompt, so iPXE starts the first disk itself. Under UEFI it cannot, but GRUB can, which looks
 * for its configuration at the next server of the address lease: beside another DHCP server that is not ours, unless set here. A failed loader makes the
 * firmware go on, though by way of every other network entry that it has.
 */
const localDiskScript = ({ arch }: BootClient, { serverUrl }: ScriptSite): string[] =>
  arch === 'bios'
    ? ['sanboot --no-describe --drive 0x80 || exit']
    : [
        `set netX/next-server ${new URL(serverUrl).hostname}`,
        `chain ${serverUrl}/boot/files/${grubLoader(arch)} || exit 1`,
      ];

/** iPXE's `platform` and `buildarch` as our names of firmware. */
const platforms: readonly [Arch, string][] = [
  ['bios', 'pcbios-i386'],
  ['bios', 'pcbios-x86_64'],
  ['uefi-ia32', 'efi-i386'],
  ['uefi-x64', 'efi-x86_64'],
  ['uefi-arm64', 'efi-arm64'],
];

/** For iPXE that another DHCP server has sent here: it knows its own MAC, which that server cannot put into an address. */
export const renderIpxeEntry = (serverUrl: string): string =>
  [
    '#!ipxe',
    ...platforms.map(
      ([arch, platform]) => `iseq \${platform}-\${buildarch} ${platform} && set arch ${arch} ||`,
    ),
    `chain --replace ${entryScriptUrl(serverUrl)}?mac=\${netX/mac}&uuid=\${uuid}&arch=\${arch}`,
    '',
  ].join('\n');

/** The script that iPXE runs for this PC. */
export const renderIpxeScript = (client: BootClient, boot: PlannedBoot, site: ScriptSite): string => {
  const script = { disk: localDiskScript(client, site), agent: agentScript(client, boot, site) };
  const { kind } = boot.plan;
  const planned = kind === 'local-disk' ? script.disk : script.agent;
  // Who has chosen the agent is not asked again.
  const isMenu = client.wantsAgent !== true && site.menuOf?.(client.mac) === true;
  return [
    '#!ipxe',
    `echo Greif: ${kind}, boot ${boot.bootId}`,
    ...(isMenu ? renderMenu(client, boot, site, script) : planned),
    '',
  ].join('\n');
};
