import test from 'ava';
import fc from 'fast-check';
import { createVault, newVaultKey, type VaultKey } from '../../src/core/vault.ts';

const [first, second] = [newVaultKey(), newVaultKey()];

test('what was sealed comes back, whatever it is, and is nowhere in what is kept', (t) => {
  const vault = createVault(() => [first]);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (plain, about) => {
      const sealed = vault.seal(plain, about);
      return vault.open(sealed, about) === plain && (plain.length < 8 || !sealed.includes(plain));
    }),
  );
  t.not(vault.seal('a', 'x'), vault.seal('a', 'x'), 'the same twice does not look the same');
});

test('each bit counts, and so does what it is about', (t) => {
  const vault = createVault(() => [first]);
  const sealed = vault.seal('hunter2', 'the key of R1');
  t.throws(() => vault.open(sealed, 'the key of R2'), { code: 'SECRET_UNREADABLE', message: /R2/ });
  const [id, body = ''] = sealed.split('.');
  const bytes = Buffer.from(body, 'base64url');
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    t.throws(() => vault.open(`${id}.${changed.toString('base64url')}`, 'the key of R1'), {
      code: 'SECRET_UNREADABLE',
    });
  }
  for (const cut of ['', id ?? '', `${id}.`, `${id}.${body.slice(0, 20)}`])
    t.throws(() => vault.open(cut, 'the key of R1'), { code: 'SECRET_UNREADABLE' }, cut);
});

test('after a rotation the new key seals, and the old one opens while it is there', (t) => {
  let keys: [VaultKey, ...VaultKey[]] = [first];
  const vault = createVault(() => keys);
  const old = vault.seal('a', 'x');
  keys = [second, first];
  t.true(vault.seal('a', 'x').startsWith(`${second.id}.`));
  t.is(vault.open(old, 'x'), 'a');
  keys = [second];
  t.throws(() => vault.open(old, 'x'), {
    code: 'SECRET_UNREADABLE',
    message: /key [0-9a-f]{8} is not there/,
  });
});
