import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openSecretKeys } from '../src/secret-keys.ts';

const newFile = async (t: ExecutionContext): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'greif-keys-'));
  t.teardown(() => rm(folder, { recursive: true }));
  return join(folder, 'keys', 'secrets.key');
};

test('the key is made once, for its owner alone, and opens what was sealed before a restart', async (t) => {
  const file = await newFile(t);
  const sealed = (await openSecretKeys(file)).seal('hunter2', 'x');
  t.is((await stat(file)).mode & 0o777, 0o600);
  t.is((await openSecretKeys(file)).open(sealed, 'x'), 'hunter2');
  await chmod(file, 0o640);
  await t.throwsAsync(openSecretKeys(file), { code: 'KEY_INVALID', message: /chmod 600/ });
});

test('a rotation survives a restart at each of its steps', async (t) => {
  const file = await newFile(t);
  const vault = await openSecretKeys(file);
  const old = vault.seal('a', 'x');
  const id = await vault.rotate();
  const between = await openSecretKeys(file);
  t.is(between.open(old, 'x'), 'a');
  const fresh = between.seal('a', 'x');
  t.true(fresh.startsWith(id));
  await vault.forgetOlder();
  t.is((await readFile(file, 'utf8')).split('\n').length, 2);
  t.is((await stat(file)).mode & 0o777, 0o600);
  t.is((await openSecretKeys(file)).open(fresh, 'x'), 'a');
  t.throws(() => vault.open(old, 'x'), { code: 'SECRET_UNREADABLE' });
});

test('a damaged file is named, never written over', async (t) => {
  const file = await newFile(t);
  await openSecretKeys(file);
  for (const text of ['', 'nonsense\n', `${await readFile(file, 'utf8')}half a line\n`]) {
    await writeFile(file, text);
    await t.throwsAsync(openSecretKeys(file), { code: 'KEY_INVALID', message: /damaged/ });
    t.is(await readFile(file, 'utf8'), text);
  }
});
