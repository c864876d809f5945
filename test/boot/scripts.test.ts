import test from 'ava';
import { archOf, chooseBootfile, ownUuid } from '../../src/boot/loader.ts';
import { decideBoot } from '../../src/boot/plan.ts';
import type { PlannedBoot } from '../../src/boot/ports.ts';
import { clientOfGrubPath, renderGrubEntry, renderGrubScript } from '../../src/boot/scripts/grub.ts';
import { renderIpxeScript } from '../../src/boot/scripts/ipxe.ts';
import { kernelWords } from '../../src/boot/site.ts';
import { parseMac } from '../../src/core/mac.ts';
import type { Order } from '../../src/fleet/order.ts';
import { machine } from '../fleet/samples.ts';
import { site } from './samples.ts';

const client = { mac: parseMac('52:54:00:00:00:01') };
const scripts = {
  serverUrl: 'http://10.0.0.1:8080',
  kernelWords: kernelWords(' console=tty0  console=ttyS0,115200 '),
};
const agent: PlannedBoot = { bootId: 'b1', token: 't-_1', key: 'k-_1', plan: { kind: 'agent', orderId: 7 } };
const disk: PlannedBoot = { bootId: 'b2', plan: { kind: 'local-disk', machineId: 'm' } };

const kernelLine =
  'greif.server=http://10.0.0.1:8080 greif.token=t-_1 greif.boot=b1 greif.key=k-_1 BOOTIF=01-52-54-00-00-00-01 console=tty0 console=ttyS0,115200';

test('the iPXE script of the agent', (t) => {
  t.is(
    renderIpxeScript({ ...client, arch: 'bios' }, agent, scripts),
    `#!ipxe
echo Greif: agent, boot b1
kernel http://10.0.0.1:8080/boot/files/agent/vmlinuz initrd=initrd.img ${kernelLine} || goto failed
initrd http://10.0.0.1:8080/boot/files/agent/initrd.img || goto failed
boot || goto failed
:failed
echo Greif: the boot files did not arrive, trying again in 10 seconds
imgfree
sleep 10
chain --replace http://10.0.0.1:8080/boot/ipxe?mac=52:54:00:00:00:01&arch=bios
`,
  );
});

test('discovery runs the same agent', (t) => {
  const discover: PlannedBoot = { ...agent, plan: { kind: 'discover' } };
  t.is(
    renderIpxeScript(client, discover, scripts),
    renderIpxeScript(client, agent, scripts).replace('agent, boot', 'discover, boot'),
  );
});

test('the iPXE scripts of the own disk: BIOS starts it, UEFI has GRUB do so', (t) => {
  t.is(
    renderIpxeScript({ ...client, arch: 'bios' }, disk, scripts),
    `#!ipxe
echo Greif: local-disk, boot b2
sanboot --no-describe --drive 0x80 || exit
`,
  );
  t.is(
    renderIpxeScript({ ...client, arch: 'uefi-x64' }, disk, scripts),
    `#!ipxe
echo Greif: local-disk, boot b2
set netX/next-server 10.0.0.1
chain http://10.0.0.1:8080/boot/files/loaders/grubx64.efi || exit 1
`,
  );
});

test('GRUB goes from the common configuration to the one of its PC', (t) => {
  t.is(renderGrubEntry(), 'configfile /grub/machines/$grub_cpu/$net_default_mac.cfg\n');
  const mac = '52:54:00:00:00:01';
  t.deepEqual(clientOfGrubPath(`grub/machines/x86_64/${mac}.cfg`), { mac: client.mac, arch: 'uefi-x64' });
  t.like(clientOfGrubPath(`grub/machines/arm64/${mac}.cfg`), { arch: 'uefi-arm64' });
  t.like(clientOfGrubPath(`grub/machines/i386/${mac}.cfg`), { arch: 'uefi-ia32' });
  for (const path of [
    'grub/machines/x86_64/x.cfg',
    `grub/machines/constructor/${mac}.cfg`,
    `grub/machines/x86_64/${mac}.cfg/x`,
    'grub/grub.cfg',
  ])
    t.is(clientOfGrubPath(path), undefined);
});

test('the GRUB script of the agent', (t) => {
  t.is(
    renderGrubScript({ ...client, arch: 'uefi-x64' }, agent, { ...scripts, filesPath: '' }),
    `echo 'Greif: agent, boot b1'
if linux /agent/vmlinuz ${kernelLine}; then
  if initrd /agent/initrd.img; then boot; fi
fi
echo 'Greif: the boot files did not arrive, trying again in 10 seconds'
sleep 10
configfile /grub/machines/$grub_cpu/$net_default_mac.cfg
`,
  );
});

test('the GRUB script of the own disk', (t) => {
  t.is(
    renderGrubScript({ ...client, arch: 'uefi-x64' }, disk, { ...scripts, filesPath: '' }),
    `echo 'Greif: local-disk, boot b2'
for partition in (hd*,*); do
  for loader in /EFI/debian/shimx64.efi /EFI/ubuntu/shimx64.efi /EFI/fedora/shimx64.efi /EFI/centos/shimx64.efi /EFI/redhat/shimx64.efi /EFI/rocky/shimx64.efi /EFI/almalinux/shimx64.efi /EFI/opensuse/shim.efi /EFI/Microsoft/Boot/bootmgfw.efi /EFI/BOOT/BOOTX64.EFI; do
    if [ -f "$partition$loader" ]; then
      set root=$partition
      if chainloader $loader; then boot; fi
    fi
  done
done
echo 'Greif: no disk of this PC has a boot loader'
sleep 5
exit
`,
  );
});

test('ARM64 gets its own kernel, serial console and disk loaders; by HTTP GRUB finds the files elsewhere', (t) => {
  const pi = { ...client, arch: 'uefi-arm64' } as const;
  const grub = renderGrubScript(pi, agent, { ...scripts, filesPath: '/boot/files' });
  t.regex(grub, /^if linux \/boot\/files\/agent-arm64\/vmlinuz .* console=ttyAMA0,115200; then$/m);
  t.regex(grub, /^ {2}if initrd \/boot\/files\/agent-arm64\/initrd\.img; then boot; fi$/m);
  t.regex(grub, /npm run boot -- --arch arm64/);
  const ownDisk = renderGrubScript(pi, disk, { ...scripts, filesPath: '' });
  t.regex(ownDisk, /for loader in \/EFI\/debian\/shimaa64\.efi .*\/EFI\/BOOT\/BOOTAA64\.EFI; do/);
  t.regex(renderIpxeScript(pi, agent, scripts), /^kernel http:.*\/boot\/files\/agent-arm64\/vmlinuz /m);
  t.regex(renderIpxeScript(pi, disk, scripts), /^chain http:.*\/boot\/files\/loaders\/grubaa64\.efi /m);
});

test('the menu offers the disk and the agent; what is planned is taken when nobody chooses', (t) => {
  const bios = { ...client, arch: 'bios' } as const;
  const withMenu = { ...scripts, menuOf: (mac: string) => mac === client.mac };
  t.is(
    renderIpxeScript(bios, disk, withMenu),
    `#!ipxe
echo Greif: local-disk, boot b2
menu Greif: 52:54:00:00:00:01
item disk This PC's own disk
item agent The agent, which reports the hardware and waits for an order
choose --default disk --timeout 10000 choice || set choice disk
goto \${choice}
:disk
sanboot --no-describe --drive 0x80 || exit
:agent
chain --replace http://10.0.0.1:8080/boot/ipxe?mac=52:54:00:00:00:01&arch=bios&agent=yes
`,
  );
  const due = renderIpxeScript(bios, agent, withMenu);
  t.regex(due, /^item agent The agent, which carries out this PC's order$/m);
  t.regex(due, /^choose --default agent .* \|\| set choice agent$/m);
  t.true(due.endsWith(renderIpxeScript(bios, agent, scripts).split('\n').slice(2).join('\n')));
  const other = { ...bios, mac: parseMac('52:54:00:00:00:02') };
  t.notRegex(renderIpxeScript(other, disk, withMenu), /menu/);
  t.notRegex(renderIpxeScript({ ...bios, wantsAgent: true }, agent, withMenu), /^menu/m);
});

test('a person who wants the agent gets one without an order, and an order that is due stays', (t) => {
  const known = machine();
  t.deepEqual(decideBoot(known, undefined), { kind: 'local-disk', machineId: 'm1' });
  t.deepEqual(decideBoot(known, undefined, true), { kind: 'discover' });
  const due = { id: 7, state: 'filed' } as Order;
  t.deepEqual(decideBoot(known, due, true), { kind: 'agent', orderId: 7 });
});

test('kernel arguments that a boot loader would read as a command are refused', (t) => {
  for (const odd of ['a;b', '${net0', "it's", '"x"', 'a|b', 'a&&b', '#x', '$x', 'a\\b', '(hd0)'])
    t.throws(() => kernelWords(`quiet ${odd}`), { code: 'CONFIG_INVALID' }, odd);
  t.deepEqual(kernelWords('quiet ip=dhcp a.b=c,d:e/f@g%h+i~j'), ['quiet', 'ip=dhcp', 'a.b=c,d:e/f@g%h+i~j']);
});

test('each firmware gets its loader, iPXE its script', (t) => {
  const choose = (arch: number, loader: 'shim' | 'ipxe' = 'shim', transport: 'tftp' | 'http' = 'tftp') =>
    chooseBootfile(
      { ...client, arch: archOf([arch]), stage: 'firmware', transport, isRaspberryPi: false },
      { ...site, loaderOf: (mac) => (mac === client.mac ? loader : 'shim') },
    );
  t.is(choose(0), 'loaders/undionly.kpxe');
  t.is(choose(6), 'loaders/shimia32.efi');
  t.is(choose(6, 'ipxe'), 'loaders/shimia32.efi');
  t.is(choose(7), 'loaders/shimx64.efi');
  t.is(choose(9), 'loaders/shimx64.efi');
  t.is(choose(11), 'loaders/shimaa64.efi');
  t.is(choose(7, 'ipxe'), 'loaders/snponly.efi');
  t.is(choose(11, 'ipxe'), 'loaders/ipxe-arm64.efi');
  for (const arch of [2, 10, 18, 999]) t.is(choose(arch), undefined);
  const files = 'http://10.0.0.1:8080/boot/files/loaders';
  t.is(choose(15, 'shim', 'http'), `${files}/shimia32.efi`);
  t.is(choose(16, 'shim', 'http'), `${files}/shimx64.efi`);
  t.is(choose(16, 'ipxe', 'http'), `${files}/snponly.efi`);
  t.is(choose(19, 'shim', 'http'), `${files}/shimaa64.efi`);
  t.is(choose(20, 'shim', 'http'), `${files}/undionly.kpxe`);
  t.is(
    chooseBootfile(
      { ...client, arch: 'uefi-x64', stage: 'ipxe', transport: 'tftp', isRaspberryPi: false },
      site,
    ),
    'http://10.0.0.1:8080/boot/ipxe?mac=52:54:00:00:00:01&arch=uefi-x64',
  );
});

test('a UUID that many boards share is none', (t) => {
  t.is(ownUuid('4c4c4544-0042-3510-8052-b4c04f4d4831'), '4c4c4544-0042-3510-8052-b4c04f4d4831');
  for (const uuid of [
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    'x',
    '',
  ])
    t.is(ownUuid(uuid), undefined);
});
