import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { importImage } from '../../../src/image/import/import.ts';
import { openSource } from '../../../src/image/import/source.ts';
import { storeWithKeys } from '../store-with-keys.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { tool } from '../tool.ts';
import { type Entry, file, folder, link, tar } from './archive.ts';

/** As little as counts as a Linux that can start. */
const system: Entry[] = [
  folder('boot'),
  file('boot/vmlinuz-6.9.0', 'old kernel'),
  file('boot/initrd.img-6.9.0'),
  file('boot/vmlinuz-6.10.0', 'kernel'),
  file('boot/initrd.img-6.10.0', 'initrd'),
  folder('usr/sbin'),
  link('sbin', 'usr/sbin'),
  { ...file('usr/sbin/init', 'first'), mode: 0o4755, uid: 1234, gid: 77 },
  folder('etc/kernel'),
  file('etc/kernel/cmdline', 'console=ttyS0 root=/dev/evil rw panic=5 $(x)\n'),
  { name: 'dev/null', type: 'character-device', devmajor: 1, devminor: 3 },
  file('.dockerenv', ''),
];

const makeLoaders = async (parent: string): Promise<string> => {
  const loaders = path.join(parent, 'loaders');
  await mkdir(loaders);
  for (const name of ['shimx64.efi', 'grubx64-disk.efi']) await writeFile(path.join(loaders, name), name);
  return loaders;
};

/** The disk that is made of the source, and ways to look into it. */
const build = async (t: ExecutionContext, parent: string, source: string) => {
  const workFolder = path.join(parent, 'work');
  await mkdir(workFolder, { recursive: true });
  const loadersFolder = await makeLoaders(parent);
  const made = await openSource({ file: source, workFolder, loadersFolder, onUnpack() {} });
  t.teardown(() => made.close());
  const { partitiontable } = JSON.parse(await tool('sfdisk', '--json', made.rawFile));
  const [bios, esp, root] = partitiontable.partitions.map(({ start }: { start: number }) => start * 512);
  return {
    format: made.format,
    disk: made.rawFile,
    bios,
    debugfs: (request: string) => tool('debugfs', '-R', request, `${made.rawFile}?offset=${root}`),
    esp: (name: string) => tool('mtype', '-i', `${made.rawFile}@@${esp}`, `::${name}`),
    fsck: () => tool('e2fsck', '-fn', `${made.rawFile}?offset=${root}`),
  };
};

test('a root file system becomes a disk that BIOS and UEFI can start', async (t) => {
  const parent = await temporaryFolder(t);
  const source = path.join(parent, 'root.tar.gz');
  await writeFile(source, gzipSync(await tar(system)));
  const { format, disk, bios, debugfs, esp, fsck } = await build(t, parent, source);
  t.is(format, 'tar in gzip');
  await t.notThrowsAsync(fsck());
  t.regex(await debugfs('stat /usr/sbin/init'), /Mode:\s+04755[\s\S]*User:\s+1234\s+Group:\s+77/);
  t.regex(await debugfs('stat /dev/null'), /Type: character special[\s\S]*(01:03|1:3)/);
  t.notRegex(await debugfs('ls /'), /dockerenv/);
  const uuid = /Filesystem UUID:\s+(\S+)/.exec(await debugfs('stats -h'))?.[1];
  t.is(
    await debugfs('cat /boot/grub/grub.cfg'),
    `search --no-floppy --fs-uuid --set=root ${uuid}\nlinux /boot/vmlinuz-6.10.0 root=UUID=${uuid} ro console=ttyS0 panic=5\ninitrd /boot/initrd.img-6.10.0\nboot\n`,
  );
  t.regex(
    await debugfs('cat /etc/fstab'),
    new RegExp(`^UUID=${uuid} / ext4 [\\s\\S]*UUID=....-.... /boot/efi vfat `),
  );
  t.is(await esp('EFI/BOOT/BOOTX64.EFI'), 'shimx64.efi');
  t.is(await esp('EFI/BOOT/grubx64.efi'), 'grubx64-disk.efi');
  t.regex(await esp('EFI/debian/grub.cfg'), new RegExp(`--set=root ${uuid}\n`));
  const bytes = await readFile(disk);
  t.is(bytes.readBigUInt64LE(0x5c), BigInt(bios / 512), 'the boot sector loads the core from its partition');
  t.is(bytes.readBigUInt64LE(bios + 0x1f4), BigInt(bios / 512 + 1));
});

test('the distribution’s own signed loaders are taken, and its fstab stays', async (t) => {
  const parent = await temporaryFolder(t);
  const source = path.join(parent, 'root.tar');
  const own: Entry[] = [
    file('usr/lib/os-release', 'NAME="Ubuntu"\nID=ubuntu\n'),
    file('usr/lib/shim/shimx64.efi.signed.latest', 'their shim'),
    link('usr/lib/shim/shimx64.efi.signed', '/etc/alternatives/shim'),
    file('usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed', 'their grub'),
    file('etc/fstab', '# mine\nLABEL=root / ext4 defaults 0 1\n'),
  ];
  await writeFile(source, await tar([...system, ...own]));
  const { debugfs, esp } = await build(t, parent, source);
  t.is(await esp('EFI/ubuntu/shimx64.efi'), 'their shim');
  t.is(await esp('EFI/BOOT/grubx64.efi'), 'their grub');
  t.regex(await esp('EFI/ubuntu/grub.cfg'), /configfile/);
  t.is(await debugfs('cat /etc/fstab'), '# mine\nLABEL=root / ext4 defaults 0 1\n');
});

const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');

/** An OCI image layout of two layers, in a folder. */
const makeLayout = async (layout: string, layers: readonly Buffer[]): Promise<void> => {
  const blobs = path.join(layout, 'blobs/sha256');
  await mkdir(blobs, { recursive: true });
  const add = async (bytes: Buffer | string, more = {}) => {
    await writeFile(path.join(blobs, sha256(bytes)), bytes);
    return { digest: `sha256:${sha256(bytes)}`, size: bytes.length, ...more };
  };
  const described = await Promise.all(layers.map((bytes) => add(bytes)));
  const platform = { os: 'linux', architecture: 'amd64' };
  const image = await add(JSON.stringify({ schemaVersion: 2, layers: described }), { platform });
  const arm = {
    digest: `sha256:${'0'.repeat(64)}`,
    size: 1,
    platform: { os: 'linux', architecture: 'arm64' },
  };
  const inner = await add(JSON.stringify({ manifests: [arm, image] }), {
    mediaType: 'application/vnd.oci.image.index.v1+json',
  });
  await writeFile(path.join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [inner] }));
  await writeFile(path.join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
};

const layered = async (): Promise<Buffer[]> => [
  gzipSync(await tar([...system, file('etc/motd', 'below'), file('etc/gone')])),
  zstdCompressSync(await tar([file('etc/motd', 'above'), file('etc/.wh.gone', '')])),
];

test('a container image in the OCI layout: folder or archive, layers in gzip and zstd, one of several processors', async (t) => {
  for (const form of ['folder', 'archive']) {
    const parent = await temporaryFolder(t);
    const layout = path.join(parent, 'image');
    await makeLayout(layout, await layered());
    const archive = path.join(parent, 'image.tar');
    await tool('tar', '-C', layout, '-cf', archive, '.');
    const { format, debugfs } = await build(t, parent, form === 'folder' ? layout : archive);
    t.is(format, form === 'folder' ? 'oci' : 'tar');
    t.is(await debugfs('cat /etc/motd'), 'above');
    t.notRegex(await debugfs('ls /etc'), /gone/);
  }
});

test('what `docker save` wrote before it knew the OCI layout', async (t) => {
  const parent = await temporaryFolder(t);
  const saved: Entry[] = [
    file('manifest.json', JSON.stringify([{ Config: 'c.json', Layers: ['a/layer.tar', 'b/layer.tar'] }])),
    file('a/layer.tar', await tar([...system, file('etc/motd', 'below')])),
    file('b/layer.tar', await tar([file('etc/motd', 'above')])),
  ];
  const archive = path.join(parent, 'saved.tar');
  await writeFile(archive, await tar(saved));
  const { debugfs } = await build(t, parent, archive);
  t.is(await debugfs('cat /etc/motd'), 'above');
});

test('what cannot become a disk is refused with the reason, and nothing is published', async (t) => {
  const parent = await temporaryFolder(t);
  const loadersFolder = await makeLoaders(parent);
  const store = await storeWithKeys(path.join(parent, 'images'));
  const without = (...names: string[]) => system.filter(({ name }) => !names.includes(name));
  const cases: Record<string, [Entry[], RegExp]> = {
    'no-kernel': [without('boot/vmlinuz-6.9.0', 'boot/vmlinuz-6.10.0'), /no kernel .* linux-image-amd64/],
    'no-initrd': [
      without('boot/initrd.img-6.9.0', 'boot/initrd.img-6.10.0'),
      /no initial RAM disk .*6\.10\.0/,
    ],
    'no-init': [without('usr/sbin/init'), /no first process .* systemd-sysv/],
    'climbs-out': [[file('../../etc/passwd')], /leaves it/],
    // Written by this machine's own root in the middle of an import: it must not reach this machine's files.
    'link-to-host': [[...without('boot'), link('boot/grub', '/etc')], /no folder|not one|a link|in the way/],
  };
  for (const [name, [entries, message]] of Object.entries(cases)) {
    const source = path.join(parent, `${name}.tar`);
    await writeFile(source, await tar(entries));
    await t.throwsAsync(importImage({ name, file: source, store, loadersFolder }), { message }, name);
  }
  const layout = path.join(parent, 'layout');
  await makeLayout(layout, await layered());
  const [base = Buffer.alloc(0)] = await layered();
  await writeFile(path.join(layout, 'blobs/sha256', sha256(base)), 'x');
  const damaged = importImage({ name: 'damaged', file: layout, store, loadersFolder });
  await t.throwsAsync(damaged, { code: 'IMAGE_SOURCE_INVALID', message: /blobs\/sha256\/.* is damaged/ });
  t.deepEqual(await store.list(), []);
});
