import { agentFolder } from '../agent-folder.ts';
import type { InstallerBoot } from '../installer/installer-boot.ts';
import { entryScriptUrl, grubLoader, scriptUrl, shimLoader } from '../loader.ts';
import type { Arch, BootClient } from '../plan.ts';
import type { PlannedBoot } from '../ports.ts';
import { agentArguments, type ScriptSite } from './agent-arguments.ts';
import { renderMenu } from './menu.ts';
import { bootWord } from './words.ts';

/** A signed iPXE starts only what its own shim or the firmware trusts; Debian's shim vouches for Debian's kernel. */
const trust = ({ arch }: BootClient, { ownIpxe, serverUrl }: ScriptSite): string[] =>
  arch !== undefined && ownIpxe?.[arch] ? [`shim ${serverUrl}/boot/files/${shimLoader(arch)}`] : [];

/** Loads all files, then starts the first; what does not arrive is asked for again. */
const load = (client: BootClient, site: ScriptSite, lines: readonly string[]): string[] => [
  ...lines.map((line) => `${line} || goto failed`),
  'boot || goto failed',
  ':failed',
  'echo Greif: the boot files did not arrive, trying again in 10 seconds',
  'imgfree',
  'sleep 10',
  `chain --replace ${scriptUrl(client, site.serverUrl)}`,
];

/** Under UEFI the kernel finds its initrd by the name that `initrd=` gives; the BIOS path ignores it. */
const agentScript = (client: BootClient, boot: PlannedBoot, site: ScriptSite): string[] => {
  const folder = `${site.serverUrl}/boot/files/${agentFolder(client.arch)}`;
  return load(client, site, [
    `kernel ${folder}/vmlinuz initrd=initrd.img ${agentArguments(client, boot, site)}`,
    `initrd ${folder}/initrd.img`,
    ...trust(client, site),
  ]);
};

const installerLines = (client: BootClient, installer: InstallerBoot, site: ScriptSite): string[] => {
  if (installer.kind === 'wimboot')
    return [
      `kernel ${bootWord(installer.wimboot)}`,
      // wimboot sees `--name` under UEFI, and the word behind the address under BIOS, where iPXE packs the files into an archive.
      ...installer.files.map(({ name, url }) => {
        const word = bootWord(name);
        return `initrd --name ${word} ${bootWord(url)} ${word}`;
      }),
    ];
  const initrds = installer.initrds.map((url, index) => ({ url, name: `initrd${index}` }));
  const words = [...initrds.map(({ name }) => `initrd=${name}`), ...installer.arguments];
  return [
    ['kernel', ...[installer.kernel, ...words].map(bootWord)].join(' '),
    ...initrds.map(({ name, url }) => `initrd --name ${name} ${bootWord(url)}`),
    ...trust(client, site),
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
  const { kind } = boot.plan;
  const script = {
    disk: localDiskScript(client, site),
    agent: boot.installer
      ? load(client, site, installerLines(client, boot.installer, site))
      : agentScript(client, boot, site),
  };
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
