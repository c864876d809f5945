import { access, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { GreifError } from '../../core/errors.ts';
import { runProgram } from '../program.ts';
import { type Architecture, systems } from './architecture.ts';
import type { LockedPackage } from './lock.ts';
import { components, loaderPackages, packageNames, suite } from './packages.ts';

/** Where Debian's packages come from; both end without a slash. */
export interface Mirror {
  main: string;
  security: string;
}

const debianSuites = /^(stable|oldstable|testing|unstable|sid|buster|bullseye|bookworm|trixie|forky|duke)$/;
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * The Debian mirror of this machine's own apt sources, so that a site's mirror or proxy is used here as well.
 * Pure: takes the lines `URI|release|component` that `apt-get indextargets` prints.
 */
export const chooseMirror = (targets: string): Mirror | undefined => {
  const rows = targets
    .split('\n')
    .map((line) => line.split('|'))
    .filter(([, , component]) => component === 'main');
  const find = (wanted: RegExp) =>
    rows.find(([, release]) => wanted.test(release ?? ''))?.[0]?.replace(/\/+$/, '');
  const main = find(debianSuites);
  if (!main) return undefined;
  return { main, security: find(/^[a-z]+-security$/) ?? main.replace(/\/debian$/, '/debian-security') };
};

/** Throws CONFIG_INVALID when this machine has no Debian sources and none was named. */
export const findMirror = async (named?: string): Promise<Mirror> => {
  const main = named?.replace(/\/+$/, '');
  if (main) return { main, security: main.replace(/\/debian$/, '/debian-security') };
  const targets = await runProgram('apt-get', [
    'indextargets',
    '--format',
    '$(REPO_URI)|$(RELEASE)|$(COMPONENT)',
    'Created-By: Packages',
  ]);
  const mirror = chooseMirror(targets.toString());
  if (mirror) return mirror;
  throw new GreifError(
    'CONFIG_INVALID',
    'boot/ is made from Debian packages, and this machine has no Debian source: name a mirror with "npm run boot -- --mirror URI"',
  );
};

export const packageUri = (mirror: Mirror, file: string): string =>
  `${file.startsWith('pool/updates/') ? mirror.security : mirror.main}/${file}`;

/**
 * An apt of our own below `folder`: it knows one suite and the architectures we need, the first as its own, nothing of what is installed here, and
 * needs no root. Returns the environment for apt's programs.
 */
export const ownApt = async (
  folder: string,
  mirror: Mirror,
  release: string,
  debianArchitectures: readonly string[],
): Promise<NodeJS.ProcessEnv> => {
  for (const below of ['lists/partial', 'cache/archives/partial'])
    await mkdir(path.join(folder, below), { recursive: true });
  const signedBy = await access(keyring).then(
    () => `[signed-by=${keyring}] `,
    () => '',
  );
  const line = (uri: string, name: string) => `deb ${signedBy}${uri} ${name} ${components.join(' ')}\n`;
  const file = (name: string) => path.join(folder, name);
  await writeFile(
    file('sources.list'),
    line(mirror.main, release) +
      line(mirror.main, `${release}-updates`) +
      // Mirrors let i386's security index grow stale, and apt then refuses it.
      (debianArchitectures.includes('i386') ? '' : line(mirror.security, `${release}-security`)),
  );
  await writeFile(file('status'), '');
  const settings = {
    'Dir::State::Lists': file('lists'),
    'Dir::State::status': file('status'),
    'Dir::Etc::sourcelist': file('sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    'Dir::Cache': file('cache'),
    'APT::Architecture': debianArchitectures[0],
    'APT::Architectures': debianArchitectures.join(','),
    'Acquire::Languages': 'none',
    'APT::Sandbox::User': 'root',
  };
  await writeFile(
    file('apt.conf'),
    Object.entries(settings)
      .map(([name, value]) => `${name} "${value}";\n`)
      .join(''),
  );
  const env = { ...process.env, APT_CONFIG: file('apt.conf'), LC_ALL: 'C' };
  await runProgram('apt-get', ['update', '-q', '--error-on=any'], { env }).catch((cause) => {
    throw new GreifError('UNREACHABLE', `the Debian mirror cannot be read: ${cause.message}`, { cause });
  });
  return env;
};

/** One stanza a package of `apt-cache show`, as the lock keeps it. A package for another processor than `native` has it behind its name. */
export const parsePackages = (shown: string, native = 'amd64'): LockedPackage[] =>
  shown
    .split(/\n\n+/)
    .filter((stanza) => stanza.startsWith('Package:'))
    .map((stanza) => {
      const field = (name: string) => stanza.match(new RegExp(`^${name}: (.+)$`, 'm'))?.[1] ?? '';
      const isForeign = !['', 'all', native].includes(field('Architecture'));
      return {
        name: isForeign ? `${field('Package')}:${field('Architecture')}` : field('Package'),
        version: field('Version'),
        path: field('Filename'),
        sizeBytes: Number(field('Size')),
        sha256: field('SHA256'),
      };
    });

/** A stanza a package, of its present version. */
export const showPackages = async (names: readonly string[], env: NodeJS.ProcessEnv): Promise<string> =>
  (await runProgram('apt-cache', ['show', '--no-all-versions', ...names], { env })).toString();

const byName = (one: LockedPackage, other: LockedPackage): number => (one.name < other.name ? -1 : 1);

/** The present version of each loader package; `folder` becomes apt's own. */
export const resolveLoaders = async (folder: string, mirror: Mirror): Promise<LockedPackage[]> => {
  const found: LockedPackage[] = [];
  for (const { suite: release, names } of loaderPackages) {
    const foreign = new Set(names.flatMap((name) => name.split(':')[1] ?? []));
    const env = await ownApt(path.join(folder, `loaders-${release}`), mirror, release, ['amd64', ...foreign]);
    found.push(...parsePackages(await showPackages(names, env)));
  }
  return found.sort(byName);
};

/** The present version of every package of a system, the kernel's meta package replaced by the kernel itself. */
export const resolvePackages = async (
  folder: string,
  mirror: Mirror,
  architecture: Architecture,
): Promise<LockedPackage[]> => {
  const { debian, kernelMetaPackage } = systems[architecture];
  const env = await ownApt(path.join(folder, architecture), mirror, suite, [debian]);
  const kernel = (await showPackages([kernelMetaPackage], env)).match(
    /^Depends:.*?(linux-image-\d[^ ,]*)/m,
  )?.[1];
  if (!kernel)
    throw new GreifError(
      'STEP_FAILED',
      `${kernelMetaPackage} of the mirror names no kernel: try another mirror`,
    );
  return parsePackages(await showPackages([...packageNames[architecture], kernel], env), debian).sort(byName);
};
