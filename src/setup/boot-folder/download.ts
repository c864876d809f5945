import { spawn } from 'node:child_process';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { GreifError } from '../../core/errors.ts';
import { type Mirror, packageUri } from './debian-archive.ts';
import { sha256OfFile } from './files.ts';
import type { LockedPackage } from './lock.ts';

/** Comes with apt and fetches as apt does: its proxies, its mirror methods, its retries, with a check of the hash. */
const aptHelper = '/usr/lib/apt/apt-helper';

/** The cache's name of a package; a colon (epoch) would be awkward in some file systems. */
export const packageFile = (cacheFolder: string, entry: LockedPackage): string =>
  path.join(cacheFolder, `${entry.name.replace(':', '_')}_${entry.sha256.slice(0, 16)}.deb`);

const isCached = async (file: string, entry: LockedPackage): Promise<boolean> => {
  const found = await stat(file).catch(() => undefined);
  if (!found) return false;
  if (found.size === entry.sizeBytes && (await sha256OfFile(file)) === entry.sha256) return true;
  await rm(file);
  return false;
};

interface Fetched {
  status: number | null;
  complaint: string;
}

/** Its progress goes to our own output; what it complains of is kept, to be told apart. */
const fetchAll = (wanted: { uri: string; file: string; sha256: string }[]): Promise<Fetched> =>
  new Promise((resolve, reject) => {
    const args = wanted.flatMap(({ uri, file, sha256 }) => [uri, file, `SHA256:${sha256}`]);
    const child = spawn(aptHelper, ['-o', 'APT::Sandbox::User=root', 'download-file', ...args], {
      env: { ...process.env, LC_ALL: 'C' },
      stdio: ['ignore', 2, 'pipe'],
    });
    let complaint = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaint += text));
    child.on('error', () =>
      reject(
        new GreifError(
          'STEP_FAILED',
          'boot/ is made from Debian packages, and this machine has no apt: copy boot/ from a Debian machine',
        ),
      ),
    );
    child.on('close', (status) => resolve({ status, complaint }));
  });

/** Pure: what apt complained of, as the one error that says what to do; `undefined` when a package was replaced (404). */
export const downloadError = (complaint: string): GreifError | undefined => {
  const mismatch = complaint.match(/Failed to fetch (\S+)\s+Hash Sum mismatch/);
  if (mismatch)
    return new GreifError(
      'PACKAGE_MISMATCH',
      `${path.basename(mismatch[1] ?? '')} is not the package that boot/boot.lock.json names: its SHA-256 differs. ` +
        'Nothing of it is used. If the mirror is trusted, take its present versions with "npm run boot -- --update"',
    );
  if (/no space left/i.test(complaint))
    return new GreifError(
      'STORE_FULL',
      'the disk is full: make room (about 1 GB below boot/) and start again',
    );
  if (/\b404\b/.test(complaint)) return undefined;
  const reason =
    complaint.match(/^E: Failed to fetch \S+\s+(.*)$/m)?.[1] ?? complaint.trim().split('\n').at(-1);
  return new GreifError(
    'UNREACHABLE',
    `a Debian package cannot be fetched (${reason}): check the network and apt's sources, then start again`,
  );
};

export type DownloadOutcome = 'complete' | 'replaced-on-mirror';

/**
 * All packages of the lock into the cache; only what is not there yet is fetched. Throws PACKAGE_MISMATCH when one's hash is wrong,
 * UNREACHABLE without a network. `replaced-on-mirror`: a locked version is no longer to be had.
 */
export const downloadPackages = async (
  packages: readonly LockedPackage[],
  cacheFolder: string,
  mirror: () => Promise<Mirror>,
): Promise<DownloadOutcome> => {
  await mkdir(cacheFolder, { recursive: true });
  const missing: LockedPackage[] = [];
  for (const entry of packages)
    if (!(await isCached(packageFile(cacheFolder, entry), entry))) missing.push(entry);
  if (missing.length === 0) return 'complete';
  const from = await mirror();
  const wanted = missing.map((entry) => {
    const file = packageFile(cacheFolder, entry);
    return { uri: packageUri(from, entry.path), file: `${file}.part`, target: file, sha256: entry.sha256 };
  });
  const { status, complaint } = await fetchAll(wanted);
  for (const { file, target } of wanted) await rename(file, target).catch(() => {});
  if (status === 0) return 'complete';
  const error = downloadError(complaint);
  if (error) throw error;
  return 'replaced-on-mirror';
};

/** Packages of earlier locks. */
export const prunePackages = async (
  packages: readonly LockedPackage[],
  cacheFolder: string,
): Promise<void> => {
  const wanted = new Set(packages.map((entry) => path.basename(packageFile(cacheFolder, entry))));
  for (const name of await readdir(cacheFolder))
    if (!wanted.has(name)) await rm(path.join(cacheFolder, name), { force: true });
};
