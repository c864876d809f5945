import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { bootFolder, cleanPath } from '../../src/boot/boot-folder.ts';
import { temporaryFolder } from './temporary.ts';

test('files of the folder are read, with or without leading slashes', async (t) => {
  const folder = bootFolder(await temporaryFolder(t, { 'loaders/a.efi': 'hello' }));
  for (const name of ['loaders/a.efi', '/loaders/a.efi', '//loaders/a.efi', 'loaders//./a.efi']) {
    const file = await folder.open(name);
    const into = Buffer.alloc(9);
    t.is(file.sizeBytes, 5);
    t.is(await file.read(into, 1), 4);
    t.is(into.toString('latin1', 0, 4), 'ello');
    await file.close();
  }
});

test('nothing outside of the folder can be had', async (t) => {
  const outside = await temporaryFolder(t, { secret: 'x' });
  const inside = await temporaryFolder(t, { 'a/b': 'y', c: 'z' });
  await symlink(path.join(outside, 'secret'), path.join(inside, 'out'));
  await symlink(outside, path.join(inside, 'folder'));
  await symlink('c', path.join(inside, 'in'));
  const folder = bootFolder(inside);
  for (const name of [
    '../secret',
    `../${path.basename(outside)}/secret`,
    'a/../../x',
    'a\\..\\x',
    'c\0.efi',
    'out',
    'folder/secret',
    '..',
  ])
    await t.throwsAsync(folder.open(name), { code: 'ACCESS_VIOLATION' }, name);
  await t.throwsAsync(folder.open(path.join(outside, 'secret')), { code: 'BOOTFILE_NOT_FOUND' });
  await (await folder.open('in')).close();
});

test('what is no file is not found', async (t) => {
  const inside = await temporaryFolder(t, { 'a/b': 'y' });
  await mkdir(path.join(inside, 'empty'));
  const folder = bootFolder(inside);
  for (const name of ['a', 'empty', 'a/b/c', 'nope', 'x'.repeat(5000)])
    await t.throwsAsync(folder.open(name), { code: 'BOOTFILE_NOT_FOUND' }, name);
  await t.throwsAsync(folder.open(''), { code: 'ACCESS_VIOLATION' });
});

test('a clean path never climbs', (t) => {
  const part = fc.constantFrom('..', '.', '', 'a', '\\', '\0', 'b.efi');
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      try {
        const clean = cleanPath(parts.join('/'));
        const landed = path.join('/folder', clean);
        t.true(landed === '/folder' || landed.startsWith('/folder/'));
      } catch (fault) {
        t.is((fault as { code: string }).code, 'ACCESS_VIOLATION');
      }
    }),
  );
});
