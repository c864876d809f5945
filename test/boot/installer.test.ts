import test from 'ava';
import { type InstallerBoot, linuxBoot } from '../../src/boot/installer/installer-boot.ts';
import type { InstallerFacts } from '../../src/boot/installer/kernel-arguments.ts';
import type { PlannedBoot } from '../../src/boot/ports.ts';
import { renderGrubScript } from '../../src/boot/scripts/grub.ts';
import { renderIpxeScript } from '../../src/boot/scripts/ipxe.ts';
import { bootWord, grubWord } from '../../src/boot/scripts/words.ts';
import { parseMac } from '../../src/core/mac.ts';
import type { OsSystem } from '../../src/fleet/profile.ts';

const mac = parseMac('52:54:00:00:00:01');
const site = { serverUrl: 'http://10.0.0.1:8080', kernelWords: [], filesPath: '' };
const facts: InstallerFacts = {
  sourceUrl: 'http://10.0.0.1:8080/sources/media/',
  isoUrl: 'http://10.0.0.1:8080/sources/media.iso',
  answerFolderUrl: 'http://10.0.0.1:8080/install/t-_1/',
  answerUrl: 'http://10.0.0.1:8080/install/t-_1/answer',
  mac,
  hostName: 'lab-01',
  domain: 'cs.example.edu',
  log: { host: '10.0.0.1', port: 514 },
  kernelWords: ['console=tty0'],
};
const source = { name: 'media', kernel: 'boot files/linux', initrds: ['initrd.gz'], kind: 'iso' } as const;
const pc = { name: 'pc-1', secureBoot: false };

const planned = (installer: InstallerBoot): PlannedBoot => ({
  bootId: 'b1',
  plan: { kind: 'install', orderId: 7 },
  installer,
});
const ipxe = (installer: InstallerBoot, arch: 'bios' | 'uefi-x64' = 'bios') =>
  renderIpxeScript({ mac, arch }, planned(installer), site);
const grub = (installer: InstallerBoot) =>
  renderGrubScript({ mac, arch: 'uefi-x64' }, planned(installer), site);

test('Debian’s installer, by iPXE and by GRUB', (t) => {
  const boot = linuxBoot('debian', source, pc, facts);
  const words =
    'auto=true priority=critical url=http://10.0.0.1:8080/install/t-_1/answer interface=auto BOOTIF=01-52-54-00-00-00-01 netcfg/get_nameservers= netcfg/no_default_route=true hostname=lab-01 domain=cs.example.edu log_host=10.0.0.1 log_port=514 --- console=tty0';
  const script = `#!ipxe
echo Greif: install, boot b1
kernel http://10.0.0.1:8080/sources/media/boot%20files/linux initrd=initrd0 ${words} || goto failed
initrd --name initrd0 http://10.0.0.1:8080/sources/media/initrd.gz || goto failed
boot || goto failed
:failed
echo Greif: the boot files did not arrive, trying again in 10 seconds
imgfree
sleep 10
chain --replace http://10.0.0.1:8080/boot/ipxe?mac=52:54:00:00:00:01&arch=bios
`;
  t.is(ipxe(boot), script);
  t.is(ipxe(boot, 'uefi-x64'), script.replace('arch=bios', 'arch=uefi-x64'));
  t.is(
    grub(boot),
    `echo 'Greif: install, boot b1'
if linux (http,10.0.0.1:8080)/sources/media/boot%20files/linux ${words}; then
  if initrd (http,10.0.0.1:8080)/sources/media/initrd.gz; then boot; fi
fi
echo 'Greif: the boot files did not arrive, trying again in 10 seconds'
sleep 10
configfile /grub/machines/$grub_cpu/$net_default_mac.cfg
`
      .replaceAll('(http,10.0.0.1:8080)/', "'(http,10.0.0.1:8080)/")
      .replace('linux auto', "linux' auto")
      .replace('.gz;', ".gz';"),
  );
});

test('whom to trust is loaded behind the installer’s own initrd', (t) => {
  const trustUrl = 'http://10.0.0.1:8080/authority.cpio';
  const boot = linuxBoot('debian', source, pc, { ...facts, trustUrl });
  t.regex(
    ipxe(boot),
    /linux initrd=initrd0 initrd=initrd1 auto.*\ninitrd --name initrd0 \S+initrd\.gz .*\ninitrd --name initrd1 http:\/\/10\.0\.0\.1:8080\/authority\.cpio /,
  );
  t.regex(
    grub(boot),
    /initrd '\(http,10\.0\.0\.1:8080\)\/\S+initrd\.gz' '\(http,10\.0\.0\.1:8080\)\/authority\.cpio';/,
  );
});

test('the arguments of every system that a kernel starts', (t) => {
  const argumentsOf = (system: OsSystem) => {
    const boot = linuxBoot(system, source, pc, facts);
    return boot.kind === 'linux' ? boot.arguments.join(' ') : undefined;
  };
  const bootif = 'BOOTIF=01-52-54-00-00-00-01';
  const answer = 'http://10.0.0.1:8080/install/t-_1/answer';
  const media = 'http://10.0.0.1:8080/sources/media';
  t.is(
    argumentsOf('ubuntu'),
    `ip=dhcp ${bootif} url=${media}.iso autoinstall cloud-config-url=/dev/null ds=nocloud-net;s=http://10.0.0.1:8080/install/t-_1/ --- console=tty0`,
  );
  const anaconda = `inst.repo=${media}/ inst.ks=${answer} inst.nosave=all_ks ip=dhcp ${bootif} inst.syslog=10.0.0.1:514 console=tty0`;
  t.is(argumentsOf('rhel'), anaconda);
  t.is(argumentsOf('fedora'), anaconda);
  t.is(
    argumentsOf('suse-autoyast'),
    `install=${media}/ autoyast=${answer} netsetup=dhcp ${bootif} loghost=10.0.0.1:514 console=tty0`,
  );
  t.is(
    argumentsOf('suse-agama'),
    `root=live:${media}/LiveOS/squashfs.img ip=dhcp rd.neednet=1 inst.auto=${answer} console=tty0`,
  );
  t.is(
    argumentsOf('arch'),
    `archisobasedir=arch archiso_http_srv=${media}/ ip=dhcp ${bootif} cms_verify=n script=${answer} console=tty0`,
  );
  t.is(argumentsOf('flatcar'), `flatcar.first_boot=1 ignition.config.url=${answer} console=tty0`);
});

test('Ubuntu’s semicolon is part of a word for both loaders', (t) => {
  const boot = linuxBoot('ubuntu', source, pc, facts);
  t.true(ipxe(boot).includes(' ds=nocloud-net;s=http://10.0.0.1:8080/install/t-_1/ --- '));
  t.true(grub(boot).includes(" 'ds=nocloud-net;s=http://10.0.0.1:8080/install/t-_1/' --- "));
});

test('Windows: wimboot by iPXE, which GRUB starts', (t) => {
  const files = [
    { name: 'BCD', url: 'http://10.0.0.1:8080/sources/win/boot/bcd' },
    { name: 'boot.wim', url: 'http://10.0.0.1:8080/winpe/abc/boot.wim' },
  ];
  const boot: InstallerBoot = { kind: 'wimboot', wimboot: 'http://10.0.0.1:8080/wimboot', files };
  t.true(
    ipxe(boot).includes(`kernel http://10.0.0.1:8080/wimboot || goto failed
initrd --name BCD http://10.0.0.1:8080/sources/win/boot/bcd BCD || goto failed
initrd --name boot.wim http://10.0.0.1:8080/winpe/abc/boot.wim boot.wim || goto failed
boot || goto failed
`),
  );
  t.true(grub(boot).includes('if chainloader /loaders/snponly.efi; then boot; fi\n'));
});

test('what a PC cannot start is refused with what to do', (t) => {
  const refused = { code: 'INSTALLER_UNBOOTABLE' } as const;
  const start =
    (system: OsSystem, secureBoot: boolean | null = null) =>
    () =>
      linuxBoot(system, source, { name: 'pc-1', secureBoot }, facts);
  for (const system of ['freebsd', 'proxmox', 'nixos', 'windows'] as const) t.throws(start(system), refused);
  t.throws(start('ubuntu', true), { ...refused, message: /switch Secure Boot off/ });
  t.notThrows(start('ubuntu'));
  t.throws(() => linuxBoot('ubuntu', { ...source, kind: 'netboot' }, pc, facts), {
    ...refused,
    message: /live server ISO/,
  });
  t.notThrows(start('debian', true));
  t.throws(() => linuxBoot('debian', { ...source, kernel: undefined }, pc, facts), {
    ...refused,
    message: /media.*--kernel/,
  });
});

test('whatever a word holds, it stays one word or is refused', (t) => {
  for (const odd of ['', 'a b', "it's", '"x"', 'a\\b', `\${net0}`, '#x', 'a\nb', 'ü', '||', '&&', ';', '\0'])
    t.throws(() => bootWord(odd), { code: 'CONFIG_INVALID' }, odd);
  for (const word of ['a;b', 'a|b', 'a&b', '$x', '{a}', '(hd0)', 'a*b', 'a<b>c', '!x', 'a#b', '~x', '`x`']) {
    t.is(bootWord(word), word);
    t.is(grubWord(word), word === '~x' ? word : `'${word}'`);
  }
  t.is(grubWord('ip=dhcp'), 'ip=dhcp');
});
