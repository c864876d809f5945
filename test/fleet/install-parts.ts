import { createVault, newVaultKey, type RotatingVault, type VaultKey } from '../../src/core/vault.ts';

export const memoryVault = (): RotatingVault => {
  let keys: [VaultKey, ...VaultKey[]] = [newVaultKey()];
  return {
    ...createVault(() => keys),
    async rotate() {
      keys = [newVaultKey(), ...keys];
      return keys[0].id;
    },
    async forgetOlder() {
      keys = [keys[0]];
    },
  };
};

/** What a fleet desk needs for installs, where a test has none. */
export const noInstalls = () => ({
  vault: memoryVault(),
  sources: { find: () => Promise.reject(new Error('nothing is installed here')) },
  rehearse: async () => {},
});
