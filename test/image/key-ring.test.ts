import { generateKeyPairSync } from 'node:crypto';
import { chmod, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import { isSignedBy } from '../../src/image/format/signature.ts';
import { openKeyRing } from '../../src/image/keys/key-ring.ts';
import { newSampleKey } from './sample-key.ts';
import { temporaryFolder } from './temporary-folder.ts';

test('the key is made once, for its owner only, and is the same at every start', async (t) => {
  const folder = path.join(await temporaryFolder(t), 'data/keys');
  const first = await openKeyRing(folder);
  const file = path.join(folder, 'signing.pem');
  t.is((await stat(file)).mode & 0o777, 0o600);
  const bytes = await readFile(file, 'utf8');
  t.regex(bytes, /^-----BEGIN PRIVATE KEY-----/);
  const second = await openKeyRing(folder);
  t.is(second.publicKey(), first.publicKey());
  t.is(await readFile(file, 'utf8'), bytes);
  t.true(isSignedBy(first.publicKey(), 'text', second.sign('text')));
  t.is(second.signer('text', first.sign('text'))?.own, true);
  t.is(second.signer('other', first.sign('text')), undefined);
});

test('no new key can be taken for an option of a command', (t) => {
  const keys = Array.from({ length: 1000 }, () => newSampleKey().publicKey);
  t.deepEqual(
    keys.filter((key) => key.startsWith('-')),
    [],
  );
});

test('starts at the same time agree on one key', async (t) => {
  const folder = path.join(await temporaryFolder(t), 'keys');
  const rings = await Promise.all(Array.from({ length: 8 }, () => openKeyRing(folder)));
  t.is(new Set(rings.map((ring) => ring.publicKey())).size, 1);
  t.deepEqual(await readdir(path.join(folder, 'trusted')), [`${rings[0]?.publicKey()}.json`]);
});

test('a damaged key, or one that others may read, is refused with the remedy and left as it is', async (t) => {
  const folder = await temporaryFolder(t);
  const ring = await openKeyRing(folder);
  const file = path.join(folder, 'signing.pem');
  const whole = await readFile(file);
  await chmod(file, 0o640);
  await t.throwsAsync(openKeyRing(folder), { code: 'KEY_INVALID', message: /chmod 600 .*signing\.pem/ });
  await chmod(file, 0o600);
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  for (const bytes of ['', 'nonsense', whole.subarray(0, 60), rsa.export({ format: 'pem', type: 'pkcs8' })]) {
    await writeFile(file, bytes);
    await t.throwsAsync(openKeyRing(folder), { code: 'KEY_INVALID', message: /from a backup/ });
    t.deepEqual(await readFile(file), Buffer.from(bytes));
  }
  // As the remedy says: what was signed before stays trusted.
  await rename(file, `${file}.damaged`);
  const anew = await openKeyRing(folder);
  t.not(anew.publicKey(), ring.publicKey());
  t.is(anew.signer('text', ring.sign('text'))?.key, ring.publicKey());
});

test('a rotation makes a new key; the former one stays trusted until it is distrusted', async (t) => {
  const folder = await temporaryFolder(t);
  const ring = await openKeyRing(folder);
  const former = ring.publicKey();
  const signature = ring.sign('text');
  const present = await ring.rotate();
  t.not(present, former);
  t.is((await stat(path.join(folder, 'signing.pem'))).mode & 0o777, 0o600);
  t.true(isSignedBy(present, 'text', ring.sign('text')));
  t.is((await openKeyRing(folder)).publicKey(), present);
  t.is(ring.signer('text', signature)?.key, former);
  t.deepEqual(
    ring.trusted().map(({ key, own }) => [key, own]),
    [
      [present, true],
      [former, true],
    ],
  );
  await t.throwsAsync(ring.distrust(present), { code: 'KEY_IN_USE' });
  await ring.distrust(former);
  t.is(ring.signer('text', signature), undefined);
  await t.throwsAsync(ring.distrust(former), { code: 'KEY_NOT_FOUND' });
});

test("another appliance's key counts once it is trusted, also after a restart", async (t) => {
  const folder = await temporaryFolder(t);
  const ring = await openKeyRing(folder);
  const other = newSampleKey();
  const signature = other.sign('text');
  t.is(ring.signer('text', signature), undefined);
  await ring.trust(other.publicKey, 'campus west');
  t.like(ring.signer('text', signature), { own: false, comment: 'campus west' });
  t.like((await openKeyRing(folder)).signer('text', signature), { key: other.publicKey });
  await writeFile(path.join(folder, 'trusted', `${other.publicKey}.json`), '{');
  await t.throwsAsync(openKeyRing(folder), { code: 'KEY_INVALID', message: /remove it/ });
});
