import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { GreifError } from '../../core/errors.ts';
import type { Architecture } from './architecture.ts';
import { replaceFile } from './files.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const lockedPackageSchema = z.strictObject({
  /** A foreign architecture stands behind it: `shim-signed:arm64`. */
  name: z.string().regex(/^[a-z0-9][a-z0-9+.-]+(:[a-z0-9]+)?$/),
  version: z.string().min(1),
  /** Below the mirror's folder; `pool/updates/…` lies on the security mirror. */
  path: z.string().regex(/^pool\/[A-Za-z0-9+.~:%_/-]+\.deb$/),
  sizeBytes: z.number().int().positive(),
  sha256,
});

const systemSchema = z.strictObject({
  /** From npm: its own lock holds the package's hash, this one that of the program inside. */
  node: z.strictObject({ package: z.string(), version: z.string(), sha256 }),
  packages: z.array(lockedPackageSchema).min(1),
});

export const lockSchema = z.strictObject({
  /** The Debian release of the agent's system. */
  suite: z.string().regex(/^[a-z]+$/),
  /** What firmware of every processor loads first. */
  loaders: z.array(lockedPackageSchema).min(1),
  systems: z.strictObject({ x64: systemSchema, arm64: systemSchema } satisfies Record<
    Architecture,
    typeof systemSchema
  >),
});

export type LockedPackage = z.infer<typeof lockedPackageSchema>;
export type SystemLock = z.infer<typeof systemSchema>;
export type Lock = z.infer<typeof lockSchema>;

/** The lock file, or `undefined` if there is none yet. Throws CONFIG_INVALID when it was damaged. */
export const readLock = async (file: string): Promise<Lock | undefined> => {
  const text = await readFile(file, 'utf8').catch((cause) => {
    if (cause.code === 'ENOENT') return undefined;
    throw cause;
  });
  if (text === undefined) return undefined;
  try {
    return lockSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new GreifError(
      'CONFIG_INVALID',
      `${file} is damaged: restore it from git, or write it anew with "npm run boot -- --update"`,
      { cause },
    );
  }
};

export const writeLock = (file: string, lock: Lock): Promise<void> =>
  replaceFile(file, `${JSON.stringify(lock, null, 2)}\n`);

/** Every version that a lock names; those of ARM64's system are told from the others by its name. */
const versions = ({ loaders, systems: { x64, arm64 } }: Lock): Map<string, string> =>
  new Map([
    ...[...loaders, ...x64.packages].map(({ name, version }) => [name, version] as const),
    ...arm64.packages.map(({ name, version }) => [`${name} (arm64)`, version] as const),
    ['node', x64.node.version],
    ['node (arm64)', arm64.node.version],
  ]);

/** One line a difference, for the person who has to know that another version than the locked one is used. */
export const lockChanges = (before: Lock, after: Lock): string[] => {
  const [was, is] = [versions(before), versions(after)];
  return [...new Set([...was.keys(), ...is.keys()])]
    .filter((name) => was.get(name) !== is.get(name))
    .sort()
    .map((name) => `${name}: ${was.get(name) ?? 'not there'} → ${is.get(name) ?? 'no longer used'}`);
};

/** The kernel's release (`6.1.0-56-amd64`), which is also the name of its modules' folder. */
export const kernelRelease = ({ packages }: SystemLock): string => {
  const image = packages.find(({ name }) => /^linux-image-\d/.test(name));
  if (!image)
    throw new GreifError('CONFIG_INVALID', 'the lock file names no kernel: run "npm run boot -- --update"');
  return image.name.slice('linux-image-'.length);
};
