import { mkdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { GreifError } from './core/errors.ts';
import { unlessPathMissing } from './core/missing.ts';
import { createVault, newVaultKey, type RotatingVault, type VaultKey } from './core/vault.ts';
import { writeDurably } from './image/store/durable-file.ts';

type Keys = readonly [VaultKey, ...VaultKey[]];

const lineOf = ({ id, bytes }: VaultKey): string => `${id} ${Buffer.from(bytes).toString('base64')}\n`;

const keyOf = (line: string): VaultKey | undefined => {
  const [, id, text] = /^([0-9a-f]{8}) ([A-Za-z0-9+/]{43}=)$/.exec(line) ?? [];
  return id === undefined || text === undefined ? undefined : { id, bytes: Buffer.from(text, 'base64') };
};

const invalid = (file: string, problem: string): GreifError =>
  new GreifError('KEY_INVALID', `the keys of secrets, ${file}, ${problem}`);

const readKeys = async (file: string): Promise<Keys | undefined> => {
  const text = await readFile(file, 'utf8').catch(unlessPathMissing);
  if (text === undefined) return undefined;
  if (((await stat(file)).mode & 0o077) !== 0)
    throw invalid(file, `may be read by others than their owner: "chmod 600 ${file}", then start again`);
  const keys = text.trimEnd().split('\n').map(keyOf);
  const [first, ...older] = keys.filter((key) => key !== undefined);
  if (first && older.length === keys.length - 1) return [first, ...older];
  throw invalid(
    file,
    'are damaged: bring them back from a backup; without one move the file away, start again, and set every secret and add every profile again',
  );
};

/**
 * The keys with which secrets are kept, in a file of its owner's alone, a key a line, the present one first; made at the very first start. Throws
 * KEY_INVALID with what to do.
 */
export const openSecretKeys = async (file: string): Promise<RotatingVault> => {
  const write = (keys: Keys, exclusive: boolean) =>
    writeDurably(file, keys.map(lineOf).join(''), { exclusive, mode: 0o600 });
  const make = async (): Promise<Keys> => {
    await mkdir(path.dirname(file), { recursive: true });
    const made: Keys = [newVaultKey()];
    if (await write(made, true)) return made;
    throw invalid(file, 'were made by another process at this moment: start again');
  };
  let keys = (await readKeys(file)) ?? (await make());

  return {
    ...createVault(() => keys),
    async rotate() {
      const next: Keys = [newVaultKey(), ...keys];
      await write(next, false);
      keys = next;
      return next[0].id;
    },
    async forgetOlder() {
      const only: Keys = [keys[0]];
      await write(only, false);
      keys = only;
    },
  };
};
