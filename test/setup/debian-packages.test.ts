import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import { installDebianPackages, missingPackages, neededPackages } from '../../src/setup/debian-packages.ts';
import { runProgram } from '../../src/setup/program.ts';
import { project, temporaryFolder } from './samples.ts';

const listed = `Desired=Unknown/Install/Remove/Purge/Hold
||/ Name             Version      Architecture Description
+++-================-============-============-=========
ii  casync           2-1          amd64        x
hi  iproute2         6.1.0-3      amd64        held
rc  nginx-light      1.22         all          removed, configuration left
ii  libc6:amd64      2.36         amd64        x
un  ovmf             <none>       <none>       (no description available)`;

test('what dpkg shows as installed is not missing; what was removed is', (t) => {
  t.deepEqual(missingPackages(['casync', 'iproute2', 'libc6', 'nginx-light', 'ovmf', 'mtools'], listed), [
    'nginx-light',
    'ovmf',
    'mtools',
  ]);
});

test('whatever npm start needs, the lab, the tests and the benchmarks need as well', (t) => {
  const start = Object.keys(neededPackages['start'] ?? {});
  for (const command of Object.keys(neededPackages))
    t.true(
      start.every((name) => name in (neededPackages[command] ?? {})),
      command,
    );
});

test('a command without Debian packages asks nothing', async (t) => {
  await t.notThrowsAsync(
    installDebianPackages('boot', { agreed: false, report: () => t.fail('said something') }),
  );
});

/** The set-up on a machine whose programs are only these scripts. */
const prepareOn = async (folder: string, programs: Record<string, string>, ...args: string[]) => {
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(path.join(folder, name), `#!/bin/sh\n${script}\n`);
    await chmod(path.join(folder, name), 0o755);
  }
  const program = `
    const { installDebianPackages } = await import(process.argv[1]);
    if (process.argv[3] === 'user') process.getuid = () => 1000;
    await installDebianPackages('start', { agreed: process.argv[2] === 'yes', report: (line) => console.log(line) })
      .then(() => console.log('done'), (error) => console.log(error.code + ': ' + error.message));`;
  const module = path.join(project, 'src/setup/debian-packages.ts');
  const env = { PATH: folder };
  return (
    await runProgram(process.execPath, ['--input-type=module', '-e', program, module, ...args], { env })
  ).toString();
};

const nothingInstalled = { 'dpkg-query': 'exit 0' };

test('an ordinary user gets the exact line to run', async (t) => {
  const said = await prepareOn(await temporaryFolder(t), nothingInstalled, 'yes', 'user');
  t.regex(
    said,
    /CONFIG_INVALID: Debian packages are missing.*\n {2}sudo apt-get install --no-install-recommends .*qemu-utils/,
  );
});

test('without a terminal and without --yes nothing is installed', async (t) => {
  const apt = { ...nothingInstalled, 'apt-get': 'echo apt-get must not run; exit 1' };
  const said = await prepareOn(await temporaryFolder(t), apt, 'no', 'root');
  t.regex(said, /start again with --yes/);
});

test('apt is updated only when it does not find a package, and its failure names the command', async (t) => {
  const folder = await temporaryFolder(t);
  const record = `echo "$@" >> ${folder}/calls`;
  const good = { ...nothingInstalled, 'apt-get': `${record}` };
  t.regex(
    await prepareOn(folder, good, 'yes', 'root'),
    /installing Debian packages: .*qemu-utils[\s\S]*done/,
  );
  const calls = async () => (await runProgram('cat', [`${folder}/calls`])).toString().trim().split('\n');
  t.deepEqual(
    (await calls()).map((line) => line.match(/\b(install|update)\b/)?.[0]),
    ['install'],
  );

  const stale = {
    ...nothingInstalled,
    'apt-get': `${record}\ncase "$*" in *update*) exit 0;; *) exit 100;; esac`,
  };
  t.regex(
    await prepareOn(folder, stale, 'yes', 'root'),
    /STEP_FAILED: apt could not install.*apt-get install/s,
  );
  t.deepEqual(
    (await calls()).slice(1).map((line) => line.match(/\b(install|update)\b/)?.[0]),
    ['install', 'update', 'install'],
  );
});

test('a machine without apt is told which programs to install', async (t) => {
  const said = await prepareOn(await temporaryFolder(t), { 'qemu-img': 'exit 0' }, 'yes', 'root');
  t.regex(said, /CONFIG_INVALID: this machine has no apt: install the programs .*zstd/);
  t.notRegex(said, /qemu-img/);
});
