import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { program, rootTest, temporaryFolder } from './loop-disk.ts';
import { ext4, testDisk, uuidOf } from './system-disk.ts';

const oldId = '0123456789abcdef'.repeat(2);
const rootUuid = 'a3c1f9c2-6f0e-4c39-9f5e-7a1d5b0c2e11';
const swapUuid = '0b1d7a9e-2c3f-4e5a-8b6c-7d8e9f0a1b2c';
const initramfs = randomBytes(100_000);
const seed = Buffer.alloc(512, 'seed');

/** A golden PC's Debian with all that must not be shared. */
const debian = (keys: Record<string, Buffer> = {}): Record<string, string | Buffer> => ({
  'usr/lib/os-release': 'ID=debian\n',
  'etc/hostname': 'golden\n',
  'etc/hosts': '127.0.0.1 localhost\n127.0.1.1 golden.uni.example golden\n',
  'etc/machine-id': `${oldId}\n`,
  'var/lib/dbus/machine-id': `${oldId}\n`,
  [`var/log/journal/${oldId}/system.journal`]: 'the golden PC’s journal',
  'etc/ssh/sshd_config': 'Port 22\n',
  ...keys,
  'var/lib/systemd/random-seed': seed,
  'var/lib/systemd/credential.secret': randomBytes(32),
  'var/lib/dhcp/dhclient.enp1s0.leases': 'lease { fixed-address 10.0.0.7; }\n',
  'var/lib/NetworkManager/secret_key': randomBytes(32),
  'var/lib/NetworkManager/NetworkManager-intern.conf': 'kept\n',
  'etc/cloud/cloud.cfg.d/05_logging.cfg': 'output: {all: "| tee -a /var/log/cloud-init-output.log"}\n',
  'var/lib/cloud/instances/i-1/sem/config_ssh': '',
  'var/lib/cloud/instance': 'i-1',
  'etc/udev/rules.d/70-persistent-net.rules':
    'SUBSYSTEM=="net", ATTR{address}=="52:54:00:aa:bb:cc", NAME="eth0"\n',
  'etc/network/interfaces':
    'source /etc/network/interfaces.d/*\nauto lo\niface lo inet loopback\nallow-hotplug enp1s0\niface enp1s0 inet dhcp\n  hwaddress ether 52:54:00:aa:bb:cc\n',
  'etc/fstab': [
    `UUID=${rootUuid} / ext4 errors=remount-ro 0 1`,
    `UUID=${swapUuid}\tnone\tswap\tsw 0 0`,
    'UUID=99999999-0000-0000-0000-000000000000 /srv xfs defaults 0 2',
    '/dev/sda3 /data ext4 defaults,noatime 0 2',
    'nas.uni.example:/home /home nfs defaults 0 0',
    '',
  ].join('\n'),
  'etc/default/grub': 'GRUB_CMDLINE_LINUX="resume=UUID=11111111-0000-0000-0000-000000000000 quiet"\n',
  'boot/grub/grub.cfg': `linux /boot/vmlinuz root=UUID=${rootUuid} ro quiet\n`,
  'boot/initrd.img-6.1': initramfs,
});

const readIn = (folder: string) => (name: string) => readFileSync(path.join(folder, name), 'utf8');

rootTest('a golden Debian becomes a PC of its own: nothing that must be unique stays', async (t) => {
  const keys = await temporaryFolder(t);
  const golden: Record<string, Buffer> = {};
  for (const type of ['rsa', 'ed25519']) {
    program('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', path.join(keys, type)]);
    golden[`etc/ssh/ssh_host_${type}_key`] = readFileSync(path.join(keys, type));
    golden[`etc/ssh/ssh_host_${type}_key.pub`] = readFileSync(path.join(keys, `${type}.pub`));
  }
  golden['etc/ssh/ssh_host_dsa_key'] = Buffer.from('an old key');
  const disk = await testDisk(t, [
    { sizeMiB: 32, format: ext4(debian(golden), ['-U', rootUuid]) },
    { sizeMiB: 4, type: 'swap', format: (device) => program('mkswap', [device]) },
    { sizeMiB: 8, format: ext4({ 'data/file': 'x' }) },
  ]);
  const { steps, isChanged } = await disk.personalise();

  t.deepEqual(
    steps.map(({ name, outcome }) => `${name} ${outcome}`),
    [
      'host-name done',
      'machine-id done',
      'ssh-host-keys done',
      'random-seed done',
      'credential-secret done',
      'dhcp-leases done',
      'cloud-init done',
      'network done',
      'fstab warning',
      'kernel-arguments warning',
      'initramfs done',
    ],
    JSON.stringify(steps, null, 1),
  );
  t.deepEqual(
    [1, 2, 3].map((partition) => isChanged({ partition })),
    [true, true, false],
  );
  t.is(uuidOf(`${disk.path}p2`), swapUuid, 'the swap is what fstab asks for');
  await disk.look(1, 'ext4', (mounted) => {
    const read = readIn(mounted);
    t.is(read('etc/hostname'), 'lab-7\n');
    t.regex(read('etc/hosts'), /^127\.0\.1\.1\tlab-7\.uni\.example lab-7$/m);
    t.not(read('etc/machine-id').trim(), oldId);
    t.is(read('var/lib/dbus/machine-id'), read('etc/machine-id'));
    t.false(existsSync(path.join(mounted, 'var/log/journal', oldId)));
    t.deepEqual(readdirSync(path.join(mounted, 'etc/ssh')), [
      'ssh_host_ed25519_key',
      'ssh_host_ed25519_key.pub',
      'ssh_host_rsa_key',
      'ssh_host_rsa_key.pub',
      'sshd_config',
    ]);
    for (const type of ['rsa', 'ed25519']) {
      const key = path.join(mounted, `etc/ssh/ssh_host_${type}_key`);
      t.is(statSync(key).mode & 0o777, 0o600);
      const derived = program('ssh-keygen', ['-y', '-f', path.join(keys, type)]).split(' ')[1];
      const own = read(`etc/ssh/ssh_host_${type}_key.pub`).split(' ')[1];
      t.not(own, derived);
      t.is(program('ssh-keygen', ['-y', '-f', key]).split(' ')[1], own, 'both halves belong together');
    }
    const newSeed = readFileSync(path.join(mounted, 'var/lib/systemd/random-seed'));
    t.is(newSeed.length, 512);
    t.notDeepEqual(newSeed, seed);
    for (const gone of [
      'var/lib/systemd/credential.secret',
      'var/lib/dhcp/dhclient.enp1s0.leases',
      'var/lib/NetworkManager/secret_key',
      'var/lib/cloud/instance',
      'var/lib/cloud/instances',
      'etc/udev/rules.d/70-persistent-net.rules',
    ])
      t.false(existsSync(path.join(mounted, gone)), gone);
    t.is(read('var/lib/NetworkManager/NetworkManager-intern.conf'), 'kept\n');
    t.is(read('etc/cloud/cloud.cfg.d/zz-greif.cfg'), 'preserve_hostname: true\n');
    t.regex(read('etc/network/interfaces'), /^allow-hotplug \/e\*\/1=enp1s0\niface enp1s0 inet dhcp\n$/m);
    t.deepEqual(readFileSync(path.join(mounted, 'boot/initrd.img-6.1')), initramfs);
    const data = uuidOf(`${disk.path}p3`);
    t.is(
      read('etc/fstab'),
      [
        `UUID=${rootUuid} / ext4 errors=remount-ro 0 1`,
        `UUID=${swapUuid}\tnone\tswap\tsw 0 0`,
        'UUID=99999999-0000-0000-0000-000000000000 /srv xfs defaults,nofail 0 2',
        `UUID=${data} /data ext4 defaults,noatime 0 2`,
        'nas.uni.example:/home /home nfs defaults 0 0',
        '',
      ].join('\n'),
    );
  });
  t.regex(steps.at(-2)?.detail ?? '', /\/etc\/default\/grub: resume=UUID=11111111.*waits for it/);
  t.regex(steps.at(-1)?.detail ?? '', /untouched: initrd\.img-6\.1/);
});
