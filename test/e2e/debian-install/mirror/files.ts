import { link, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from '../../../../src/lab/program.ts';
import {
  findMirror,
  type Mirror,
  ownApt,
  parsePackages,
  showPackages,
} from '../../../../src/setup/boot-folder/debian-archive.ts';
import { downloadPackages, packageFile } from '../../../../src/setup/boot-folder/download.ts';
import { fingerprint, sha256OfFile } from '../../../../src/setup/boot-folder/files.ts';
import { netbootFolder, netbootKernel, netbootPackage, packageSets, suite, udebs } from './recipe.ts';
import { ext4Udeb, moduleUdeb } from './udebs.ts';

type Tell = (line: string) => void;

/** What the test's installer is made of, as folders. */
export interface InstallerFiles {
  /** Kernel and initrd of Debian's netboot installer: an installer source. */
  netboot: string;
  /** A Debian mirror with little in it: `dists/`, `pool/`. */
  mirror: string;
}

const stanzasOf = (index: string): string[] =>
  index.split(/\n\n+/).filter((stanza) => stanza.startsWith('Package:'));
const nameOf = (stanza: string): string => /^Package: (\S+)/.exec(stanza)?.[1] ?? '';

/** Names of the packages with all that they depend on, and every `required` one, as apt would install them on an empty system. */
const closure = async (names: readonly string[], env: NodeJS.ProcessEnv): Promise<string[]> => {
  const aptEnv = { ...env } as Record<string, string>;
  const plan = ['--no-install-recommends', '--simulate', 'install', '?priority(required)', ...names];
  const printed = await run('apt-get', plan, { env: aptEnv });
  return [...printed.matchAll(/^Inst (\S+)/gm)].map(([, name = '']) => name);
};

/** Debian's index of the installer's parts. It is not proven: what comes of it runs in a room of its own only. */
const installerStanzas = async ({ main }: Mirror, work: string): Promise<string[]> => {
  const file = path.join(work, 'udebs.xz');
  const uri = `${main}/dists/${suite}/main/debian-installer/binary-amd64/Packages.xz`;
  await run('/usr/lib/apt/apt-helper', ['-o', 'APT::Sandbox::User=root', 'download-file', uri, file]);
  const wanted = new Set(udebs);
  const found = stanzasOf(await run('xz', ['-dc', file])).filter((stanza) => wanted.has(nameOf(stanza)));
  const missing = udebs.filter((name) => !found.some((stanza) => nameOf(stanza) === name));
  if (missing.length > 0) throw new Error(`the Debian mirror has no ${missing.join(', ')}`);
  return found;
};

/** Fetches the packages of the stanzas and lays them where the stanzas say. */
const fill = async (
  stanzas: readonly string[],
  folder: string,
  cacheFolder: string,
  mirror: Mirror,
): Promise<void> => {
  const entries = parsePackages(stanzas.join('\n\n'));
  if ((await downloadPackages(entries, cacheFolder, async () => mirror)) !== 'complete')
    throw new Error('the Debian mirror lacks packages that its index names: its words stand above');
  for (const entry of entries) {
    const place = path.join(folder, entry.path);
    await mkdir(path.dirname(place), { recursive: true });
    await link(packageFile(cacheFolder, entry), place);
  }
};

const writeIndex = async (folder: string, stanzas: readonly string[]): Promise<void> => {
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, 'Packages');
  await writeFile(file, `${stanzas.join('\n\n')}\n`);
  await run('gzip', ['-9nk', file]);
  await run('xz', ['-k', file]);
  // The installer asks it whether the mirror has the PC's architecture.
  const facts = [
    'Archive: stable',
    'Origin: Debian',
    'Label: Debian',
    'Component: main',
    'Architecture: amd64',
  ];
  await writeFile(path.join(folder, 'Release'), `${facts.join('\n')}\n`);
};

/** "Release" of a Debian archive: sizes and hashes of its indexes. */
const writeRelease = async (folder: string): Promise<void> => {
  const names = (await readdir(folder, { recursive: true })).filter((name) =>
    /(Packages(\.\w+)?|Release)$/.test(name),
  );
  const lines: string[] = [];
  for (const name of names.sort()) {
    const file = path.join(folder, name);
    lines.push(` ${await sha256OfFile(file)} ${(await stat(file)).size} ${name}`);
  }
  const fields = {
    Origin: 'Debian',
    Label: 'Debian',
    Suite: 'stable',
    Codename: suite,
    Date: new Date().toUTCString().replace('GMT', 'UTC'),
    Architectures: 'amd64',
    Components: 'main',
  };
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  await writeFile(path.join(folder, 'Release'), `${[...head, 'SHA256:', ...lines].join('\n')}\n`);
};

/** Debian's apt knows the release; `folder` becomes its own for a while. */
const withApt = async <Made>(
  folder: string,
  use: (env: NodeJS.ProcessEnv, mirror: Mirror) => Promise<Made>,
): Promise<Made> => {
  const mirror = await findMirror();
  const own = path.join(folder, 'apt');
  try {
    return await use(await ownApt(own, mirror, suite, ['amd64']), mirror);
  } finally {
    await rm(own, { recursive: true, force: true });
  }
};

/** Made beside its place in the cache and moved there when whole; kept until the recipe changes. */
const cached = async (cacheFolder: string, name: string, make: (folder: string) => Promise<void>) => {
  const folder = path.join(cacheFolder, `${name}-${await fingerprint([import.meta.dirname])}`);
  if ((await stat(folder).catch(() => undefined)) !== undefined) return folder;
  await mkdir(cacheFolder, { recursive: true });
  const work = await mkdtemp(`${folder}.`);
  try {
    await make(work);
    // Someone who made the same at the same time was quicker: theirs is as good.
    await rename(work, folder).catch(async (cause) => {
      if ((await stat(folder).catch(() => undefined)) === undefined) throw cause;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return folder;
};

const packagesIn = (cacheFolder: string): string => path.join(cacheFolder, 'packages');

/** Debian's netboot installer, kernel and initrd: an installer source. Fetched from the machine's Debian mirror the first time (150 MB). */
export const netbootFiles = (cacheFolder: string, tell: Tell): Promise<string> =>
  cached(cacheFolder, 'netboot', (folder) =>
    withApt(folder, async (env, mirror) => {
      tell('fetching Debian’s installer');
      const stanzas = stanzasOf(await showPackages([netbootPackage], env));
      const fetched = path.join(folder, 'fetched');
      await fill(stanzas, fetched, packagesIn(cacheFolder), mirror);
      const unpacked = path.join(folder, 'unpacked');
      await run('dpkg-deb', ['-x', fileOf(fetched, stanzas, netbootPackage), unpacked]);
      for (const name of await readdir(path.join(unpacked, netbootFolder)))
        await rename(path.join(unpacked, netbootFolder, name), path.join(folder, name));
      for (const each of [fetched, unpacked]) await rm(each, { recursive: true });
    }),
  );

const fileOf = (folder: string, stanzas: readonly string[], name: string): string => {
  const stanza = stanzas.find((each) => nameOf(each) === name) ?? '';
  return path.join(folder, parsePackages(stanza)[0]?.path ?? '');
};

/** The kernel that runs in the installer: its modules must be of the same. */
const kernelRelease = async (kernel: string): Promise<string> =>
  /\d+\.\d+\.\d+\S*-amd64/.exec((await readFile(kernel)).toString('latin1'))?.[0] ?? '';

const makeMirror = async (
  folder: string,
  { cacheFolder, netboot, tell }: { cacheFolder: string; netboot: string; tell: Tell },
  env: NodeJS.ProcessEnv,
  mirror: Mirror,
): Promise<void> => {
  const release = await kernelRelease(path.join(netboot, netbootKernel));
  const names = new Set<string>();
  for (const set of packageSets) for (const name of await closure(set, env)) names.add(name);
  const system = stanzasOf(await showPackages([...names], env));
  const installer = await installerStanzas(mirror, folder);
  const image = stanzasOf(await showPackages([`linux-image-${release}`], env));
  tell(`fetching ${system.length} packages and ${installer.length} parts of the installer`);
  const packages = packagesIn(cacheFolder);
  await fill([...system, ...installer], folder, packages, mirror);
  const work = path.join(folder, 'work');
  await fill(image, work, packages, mirror);

  const own = path.join(folder, 'pool/own');
  await mkdir(own, { recursive: true });
  await moduleUdeb({ release, image: fileOf(work, image, `linux-image-${release}`) }, work, own);
  const programs = ['e2fsprogs', 'libext2fs2t64', 'libcom-err2', 'libss2'];
  await ext4Udeb(
    programs.map((name) => fileOf(folder, system, name)),
    work,
    own,
  );
  const scanned = await run('sh', ['-c', 'cd "$1" && apt-ftparchive packages pool/own', 'sh', folder]);

  const dists = path.join(folder, 'dists', suite);
  await writeIndex(path.join(dists, 'main/binary-amd64'), system);
  await writeIndex(path.join(dists, 'main/debian-installer/binary-amd64'), [
    ...installer,
    ...stanzasOf(scanned),
  ]);
  await writeRelease(dists);
  for (const each of [work, path.join(folder, 'udebs.xz')]) await rm(each, { recursive: true });
};

/**
 * The netboot installer and a mirror with what it needs for a small system (250 MB), kept in the cache folder until the recipe changes. Needs the
 * machine's Debian mirror the first time.
 */
export const installerFiles = async (cacheFolder: string, tell: Tell): Promise<InstallerFiles> => {
  const netboot = await netbootFiles(cacheFolder, tell);
  const mirror = await cached(cacheFolder, 'debian-mirror', (folder) =>
    withApt(folder, (env, from) => makeMirror(folder, { cacheFolder, netboot, tell }, env, from)),
  );
  return { netboot, mirror };
};
