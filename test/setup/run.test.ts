import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { chmod, cp, mkdir, realpath, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { project, temporaryFolder } from './samples.ts';

interface Ended {
  status: number;
  stdout: string;
  stderr: string;
}

const run = (program: string, args: string[], env: NodeJS.ProcessEnv, cwd: string): Promise<Ended> =>
  new Promise((resolve) => {
    execFile(program, args, { env, cwd }, (error, stdout, stderr) =>
      resolve({ status: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    );
  });

/** The machine's own Node, older than the pinned one; where there is no other, the pinned one. */
const machineNode = (): string => {
  const own = path.join(project, 'node_modules/.bin');
  const folders = (process.env['PATH'] ?? '').split(path.delimiter).filter((folder) => folder !== own);
  const found = [...folders, '/usr/bin', '/usr/local/bin'].find((folder) => {
    try {
      accessSync(path.join(folder, 'node'), constants.X_OK);
      return !folder.endsWith('node_modules/.bin');
    } catch {
      return false;
    }
  });
  return found ? path.join(found, 'node') : process.execPath;
};

/** A fresh clone's set-up, with an `npm` that says and does this. */
const freshClone = async (t: ExecutionContext, npmScript: string) => {
  const clone = await realpath(await temporaryFolder(t));
  for (const name of ['package.json', 'package-lock.json', 'src/setup'])
    await cp(path.join(project, name), path.join(clone, name), { recursive: true });
  const tools = path.join(clone, 'tools');
  await mkdir(tools);
  await writeFile(path.join(tools, 'npm'), `#!/bin/sh\n${npmScript}\n`);
  await chmod(path.join(tools, 'npm'), 0o755);
  const env = { PATH: `${tools}:/usr/bin:/bin`, HOME: clone, LC_ALL: 'C' };
  const start = (...args: string[]) =>
    run(machineNode(), [path.join(clone, 'src/setup/run.mjs'), ...args], env, clone);
  return { clone, start };
};

test('help needs nothing installed and says what would be', async (t) => {
  const { start } = await freshClone(t, 'echo npm must not run; exit 99');
  for (const name of ['start', 'test', 'lab', 'bench', 'e2e', 'boot']) {
    const { status, stdout, stderr } = await start(name, '--help');
    t.is(status, 0, stderr);
    t.regex(stdout, /^npm (start|test|run \w+): /);
    t.regex(stdout, /--yes/);
  }
});

test('an unknown command is refused with the list of those that exist', async (t) => {
  const { start } = await freshClone(t, 'exit 99');
  const { status, stderr } = await start('lunch');
  t.is(status, 2);
  t.regex(stderr, /no command "lunch"\. Use start, test, lab, bench, e2e, boot\./);
});

const refusals: [complaint: string, remedy: RegExp][] = [
  ['npm error code ENOTFOUND', /registry cannot be reached: check the network/],
  ['npm error code ECONNREFUSED', /registry cannot be reached/],
  ['npm error nospc ENOSPC: no space left on device', /the disk is full: make room/],
  ['npm error code EACCES', /may not write here/],
  ['npm error code EINTEGRITY', /not the one that package-lock\.json names/],
  ['npm ERR! code SELF_SIGNED_CERT_IN_CHAIN', /certificate is not trusted.*NODE_EXTRA_CA_CERTS/],
];

for (const [complaint, remedy] of refusals)
  test(`npm fails with "${complaint}": one sentence with the remedy`, async (t) => {
    const { start } = await freshClone(t, `echo '${complaint}' >&2; exit 1`);
    const { status, stderr } = await start('start');
    t.is(status, 1);
    t.regex(stderr.trim().split('\n').at(-1) ?? '', remedy);
    t.notRegex(stderr, /\n\s+at /, 'no stack');
  });

test('a registry that does not answer is said once, while npm tries again', async (t) => {
  const attempt = 'npm http fetch GET https://registry.example/zod attempt 1 failed with EAI_AGAIN';
  const { start } = await freshClone(
    t,
    `for n in 1 2 3; do echo '${attempt}' >&2; done; echo 'npm error code EAI_AGAIN' >&2; exit 1`,
  );
  const { stderr } = await start('start');
  t.is(stderr.match(/does not answer \(EAI_AGAIN\)/g)?.length, 1);
});

test('an npm that installs less than the lock file names is not believed', async (t) => {
  const { start } = await freshClone(t, 'mkdir -p node_modules/.bin; exit 0');
  const { status, stderr } = await start('start');
  t.is(status, 1);
  t.regex(stderr, /npm installed no Node 24 for this machine/);
});

/** Installs nothing but notes of what the lock file names, and a Node that tells what it is asked to run. */
const installing = `
  mkdir -p node_modules/.bin
  cp package-lock.json node_modules/.package-lock.json
  printf '#!/bin/sh\\necho "node $*"\\ncase "$*" in *prepare.ts*) exit \${PREPARED:-0};; *) exit 5;; esac\\n' > node_modules/.bin/node
  chmod +x node_modules/.bin/node
  echo installed >> npm-runs`;

test('packages are installed once; then the set-up and the program run on the pinned Node, whose exit status is passed on', async (t) => {
  const { clone, start } = await freshClone(t, installing);
  await mkdir(path.join(clone, 'src'), { recursive: true });
  await writeFile(path.join(clone, 'src/main.ts'), '');
  const first = await start('start', '--yes', '--interface', 'eth1');
  t.is(first.status, 5, first.stderr);
  t.regex(first.stderr, /installing the npm packages/);
  t.deepEqual(first.stdout.trim().split('\n'), [
    `node ${clone}/src/setup/prepare.ts start --yes`,
    `node ${clone}/src/main.ts --interface eth1`,
  ]);
  const second = await start('start');
  t.is(second.status, 5);
  t.notRegex(second.stderr, /installing/);
});

test('the set-up is told what of a command shall run, and its own options', async (t) => {
  const { clone, start } = await freshClone(t, installing);
  await mkdir(path.join(clone, 'test/e2e'), { recursive: true });
  await writeFile(path.join(clone, 'test/e2e/main.ts'), '');
  const { stdout } = await start('e2e', '--yes', 'container', '--quick');
  t.deepEqual(stdout.trim().split('\n'), [
    `node ${clone}/src/setup/prepare.ts e2e container --yes`,
    `node ${clone}/test/e2e/main.ts container --quick`,
  ]);
});

test('a changed package-lock.json installs again', async (t) => {
  const { clone, start } = await freshClone(t, installing);
  await start('boot');
  const lock = path.join(clone, 'package-lock.json');
  const text = (await run('cat', [lock], {}, clone)).stdout;
  await writeFile(lock, text.replace(/"integrity": "sha512-./, '"integrity": "sha512-_'));
  const { stderr } = await start('boot');
  t.regex(stderr, /installing the npm packages/);
});

test('boot gets its own options and nothing runs after it', async (t) => {
  const { clone, start } = await freshClone(t, installing);
  const { status, stdout } = await start('boot', '--update', '--mirror', 'http://mirror.example/debian');
  t.is(status, 0);
  t.is(
    stdout.trim(),
    `node ${clone}/src/setup/prepare.ts boot --update --mirror http://mirror.example/debian`,
  );
});

test('a signal reaches the program, and its own way of stopping decides the exit status', async (t) => {
  const folder = await temporaryFolder(t);
  const program = path.join(folder, 'program.mjs');
  await writeFile(
    program,
    "process.on('SIGTERM', () => process.exit(7)); setInterval(() => {}, 1000); console.log('ready');",
  );
  const parent = path.join(folder, 'parent.mjs');
  await writeFile(
    parent,
    `import { runChild } from ${JSON.stringify(path.join(project, 'src/setup/run-child.mjs'))};
     process.exitCode = await runChild(process.execPath, [${JSON.stringify(program)}]);`,
  );
  const child = spawn(machineNode(), [parent], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  child.kill('SIGTERM');
  const [status] = await once(child, 'exit');
  t.is(status, 7);
});
