import { chmod, cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from '../../../../src/lab/program.ts';
import { modules, moduleUdebs } from './recipe.ts';

/**
 * Two parts of the installer, made from Debian's packages: mirrors drop the udebs of a kernel, and of what is rebuilt often, as soon as there are
 * newer ones, while an installer that was packaged before still wants its own.
 */

interface Udeb {
  name: string;
  version: string;
  fields?: readonly string[];
  priority: 'standard' | 'optional';
  description: string;
}

const pack = async (folder: string, udeb: Udeb, target: string): Promise<string> => {
  const { name, version, fields = [], priority, description } = udeb;
  await mkdir(path.join(folder, 'DEBIAN'), { recursive: true });
  const control = [
    `Package: ${name}`,
    `Version: ${version}`,
    'Architecture: amd64',
    'Maintainer: Greif <greif@localhost>',
    'Section: debian-installer',
    `Priority: ${priority}`,
    ...fields,
    `Description: ${description}`,
    '',
  ];
  await writeFile(path.join(folder, 'DEBIAN/control'), control.join('\n'));
  const file = path.join(target, `${name}_${version.replace(':', '%3a')}_amd64.udeb`);
  await run('dpkg-deb', ['--root-owner-group', '-Zxz', '-b', folder, file]);
  return file;
};

const unpack = async (packages: readonly string[], folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true });
  for (const file of packages) await run('dpkg-deb', ['-x', file, folder]);
};

const versionOf = async (file: string): Promise<string> =>
  (await run('dpkg-deb', ['-f', file, 'Version'])).trim();

/** The modules of `linux-image-RELEASE`. */
export const moduleUdeb = async (
  { release, image }: { release: string; image: string },
  work: string,
  target: string,
): Promise<string> => {
  const [system, staging] = [path.join(work, 'kernel'), path.join(work, 'modules')];
  await unpack([image], system);
  const folder = `usr/lib/modules/${release}/kernel`;
  for (const module of modules)
    await cp(path.join(system, folder, module), path.join(staging, folder, module), { recursive: true });
  await mkdir(path.join(staging, 'DEBIAN'), { recursive: true });
  const postinst = path.join(staging, 'DEBIAN/postinst');
  await writeFile(postinst, `#!/bin/sh\ndepmod -a ${release}\n`);
  await chmod(postinst, 0o755);
  await rm(system, { recursive: true });
  const fields = [`Kernel-Version: ${release}`, `Provides: ${moduleUdebs.join(', ')}`];
  return pack(
    staging,
    {
      name: `disk-modules-${release}-di`,
      version: await versionOf(image),
      fields,
      priority: 'standard',
      description: 'kernel modules for disks and file systems',
    },
    target,
  );
};

/** `programs`: the packages e2fsprogs, libext2fs2t64, libcom-err2 and libss2. */
export const ext4Udeb = async (
  programs: readonly string[],
  work: string,
  target: string,
): Promise<string> => {
  const [system, staging] = [path.join(work, 'e2fsprogs'), path.join(work, 'ext4')];
  await unpack(programs, system);
  const libraries = 'usr/lib/x86_64-linux-gnu';
  const take = (name: string) =>
    cp(path.join(system, name), path.join(staging, name), { recursive: true, verbatimSymlinks: true });
  for (const name of ['mke2fs', 'e2fsck', 'tune2fs', 'resize2fs']) await take(`usr/sbin/${name}`);
  await take('etc/mke2fs.conf');
  for (const name of ['ext2fs', 'e2p', 'com_err', 'ss'])
    for (const file of (await run('ls', [path.join(system, libraries)])).split('\n'))
      if (file.startsWith(`lib${name}.so.`)) await take(`${libraries}/${file}`);
  for (const kind of ['ext2', 'ext3', 'ext4']) {
    await symlink('mke2fs', path.join(staging, `usr/sbin/mkfs.${kind}`));
    await symlink('e2fsck', path.join(staging, `usr/sbin/fsck.${kind}`));
  }
  const [e2fsprogs = ''] = programs;
  const version = await versionOf(e2fsprogs);
  const description = 'programs for ext4';
  return pack(staging, { name: 'e2fsprogs-udeb', version, priority: 'optional', description }, target);
};
