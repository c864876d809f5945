import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const project = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const bin = path.join(project, 'node_modules/.bin');

/** @param {string} file */
const readJson = (file) => JSON.parse(readFileSync(path.join(project, file), 'utf8'));

/** What npm itself noted of its last complete installation, beside what package-lock.json wants. */
export const npmPackagesAreMissing = () => {
  if (
    !existsSync(path.join(project, 'node_modules/.package-lock.json')) ||
    !existsSync(path.join(bin, 'node'))
  )
    return true;
  const wanted = readJson('package-lock.json').packages;
  const installed = readJson('node_modules/.package-lock.json').packages;
  return Object.entries(wanted).some(([where, entry]) => {
    if (where === '') return false;
    const found = installed[where];
    // Packages for other machines are optional and left out.
    return found ? found.integrity !== entry.integrity : !entry.optional;
  });
};

/**
 * Pure: npm's complaint as one sentence that says what to do.
 * @param {string} complaint
 */
export const npmRemedy = (complaint) => {
  if (/ENOSPC|no space left/i.test(complaint))
    return 'the disk is full: make room (about 500 MB in this folder) and start again.';
  if (/EACCES|EPERM|EROFS/.test(complaint))
    return `this user may not write here: start as the owner of ${project}, or take it over with chown.`;
  if (/EINTEGRITY/.test(complaint))
    return 'a package is not the one that package-lock.json names; nothing of it is used. Run "npm cache clean --force" and start again.';
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(complaint))
    return 'the registry’s certificate is not trusted. Behind a proxy with its own authority name that: NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt (Debian’s store), and start again.';
  if (/EAI_AGAIN|ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|E50\d|network/i.test(complaint))
    return 'the npm registry cannot be reached: check the network, or npm’s proxy and registry settings ("npm config list"), and start again.';
  return 'npm could not install the packages; its own words stand above.';
};

/** npm on the machine's own Node: that among the packages is about to be replaced. */
const npmEnvironment = () => ({
  ...process.env,
  PATH: (process.env.PATH ?? '')
    .split(path.delimiter)
    .filter((folder) => !folder.endsWith('node_modules/.bin'))
    .join(path.delimiter),
});

/** npm 9 (Debian 12's) forgets this link, because two packages, one a processor, want it. */
const linkNode = () => {
  const program = `node_modules/node-linux-${process.arch}/bin/node`;
  if (existsSync(path.join(bin, 'node')) || !existsSync(path.join(project, program))) return;
  rmSync(path.join(bin, 'node'), { force: true });
  symlinkSync(path.relative(bin, path.join(project, program)), path.join(bin, 'node'));
};

/** Installs what package-lock.json names, unless it is there. Throws with the remedy. */
export const installNpmPackages = async () => {
  if (!npmPackagesAreMissing()) return;
  console.error('set-up: installing the npm packages, among them Node 24 (once, about a minute)');
  // Not `npm ci`: it refuses to work when a registry lacks a package that only other platforms would use. Whether all is as locked, we check.
  const args = [
    'install',
    '--no-save',
    '--include=dev',
    '--include=optional',
    // What npm's cache has needs no question: the lock file holds its hash.
    '--prefer-offline',
    '--fetch-timeout=60000',
    // npm's own pauses of 10 and 60 s would keep a machine without a network silent for many minutes.
    '--fetch-retry-mintimeout=1000',
    '--fetch-retry-maxtimeout=5000',
    '--loglevel=http',
  ];
  const complaint = await new Promise((resolve, reject) => {
    const npm = spawn('npm', args, { cwd: project, env: npmEnvironment(), stdio: ['ignore', 2, 'pipe'] });
    const report = createReport();
    let words = '';
    npm.stderr.setEncoding('utf8').on('data', (text) => {
      words = (words + text).slice(-65536);
      for (const line of text.split('\n')) report(line);
    });
    npm.on('error', () =>
      reject(new Error('npm is not installed: install Node with npm (nodejs.org, or your distribution).')),
    );
    npm.on('close', (status) => resolve(status === 0 ? undefined : words));
  });
  if (complaint !== undefined) throw new Error(npmRemedy(complaint));
  linkNode();
  if (npmPackagesAreMissing())
    throw new Error(
      `npm installed no Node 24 for this machine (${process.platform} ${process.arch}): Greif runs on Linux, x64 or arm64.`,
    );
};

/** One line for 25 answers; npm's errors as they are; once, that the registry does not answer. */
const createReport = () => {
  let answers = 0;
  let isSilent = false;
  /** @param {string} line */
  return (line) => {
    const [, trouble] = line.match(/^npm http fetch .* attempt \d+ failed with (\S+)/) ?? [];
    if (trouble && !isSilent) {
      isSilent = true;
      console.error(
        `set-up: the npm registry does not answer (${trouble}); trying again for a minute or two`,
      );
    } else if (!trouble && line.startsWith('npm http')) {
      answers += 1;
      if (answers % 25 === 0) console.error(`set-up: ${answers} answers from the npm registry`);
    } else if (line.startsWith('npm error') || line.startsWith('npm ERR')) console.error(line);
  };
};
