import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RootedFiles } from '../../../core/rooted-files.ts';
import { report } from '../report.ts';
import type { LinuxStep, LinuxSystem } from './linux-step.ts';

const folder = 'etc/ssh';
/** As `ssh-keygen -A` makes them. */
const usualTypes = ['rsa', 'ecdsa', 'ed25519'];
const serverFiles = ['etc/ssh/sshd_config', 'usr/etc/ssh/sshd_config', 'usr/sbin/sshd'];
const unitFolders = ['etc/systemd/system', 'usr/lib/systemd/system', 'lib/systemd/system'];

/** The unit that makes missing host keys at the first start, as Fedora, SUSE and Arch have one. */
const findMaker = async (files: RootedFiles): Promise<string | undefined> => {
  for (const units of unitFolders)
    for (const name of (await files.list(units)).filter((one) => one.endsWith('.service'))) {
      if (!/ssh/i.test(name)) continue;
      const text = (await files.read(`${units}/${name}`)) ?? '';
      if (/^Exec\w+=.*(ssh-keygen|sshd-keygen|sshd-gen-keys)/m.test(text)) return name;
    }
  return undefined;
};

const typeOf = (name: string): string | undefined => /^ssh_host_(\w+)_key$/.exec(name)?.[1];

/** Key files elsewhere, by sshd_config(5); ours are found without it. */
const otherKeys = async (files: RootedFiles): Promise<string[]> => {
  const parts = (await files.list(`${folder}/sshd_config.d`)).map(
    (name) => `${folder}/sshd_config.d/${name}`,
  );
  const named: string[] = [];
  for (const file of ['usr/etc/ssh/sshd_config', `${folder}/sshd_config`, ...parts])
    for (const [, key = ''] of ((await files.read(file)) ?? '').matchAll(/^\s*HostKey\s+"?\/([^\s"]+)/gim))
      if (!new RegExp(`^${folder}/ssh_host_\\w+_key$`).test(key)) named.push(key);
  const there: string[] = [];
  for (const key of new Set(named)) if (!key.includes('..') && (await files.exists(key))) there.push(key);
  return there;
};

const makeKey = async (type: string, name: string, { files, hostName, run }: LinuxSystem) => {
  const work = await mkdtemp(path.join(tmpdir(), 'greif-key-'));
  const key = path.join(work, 'key');
  try {
    await run('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', `root@${hostName}`, '-f', key]);
    await files.write(name, await readFile(key), { mode: 0o600 });
    await files.write(`${name}.pub`, await readFile(`${key}.pub`));
  } finally {
    await rm(work, { recursive: true });
  }
};

/**
 * Two PCs with one host key can pass for each other. The agent makes the new ones: a Debian without keys would have no SSH server, and
 * the PC's first start needs no time for it.
 */
export const giveHostKeys: LinuxStep = async (system) => {
  const { files } = system;
  const name = 'ssh-host-keys';
  const names = await files.list(folder);
  const old = names.filter((one) => /^ssh_host_.*_key(-cert)?(\.pub)?$/.test(one));
  const isServer = (await Promise.all(serverFiles.map((one) => files.exists(one)))).some(Boolean);
  if (!isServer && old.length === 0) return report(name, 'skipped', 'the image has no SSH server');
  const maker = await findMaker(files);
  const types = names.flatMap((one) => typeOf(one) ?? []).filter((type) => usualTypes.includes(type));
  if (types.length === 0 && maker !== undefined)
    return report(name, 'skipped', `the image holds none and makes its own at its first start (${maker})`);
  const wanted = types.length > 0 ? types : usualTypes;
  const replaced = wanted.flatMap((type) => [`ssh_host_${type}_key`, `ssh_host_${type}_key.pub`]);
  const gone = old.filter((one) => !replaced.includes(one));
  for (const one of gone) await files.remove(`${folder}/${one}`);
  for (const type of wanted) await makeKey(type, `${folder}/ssh_host_${type}_key`, system);
  const left = await otherKeys(files);
  const done = [`new ones: ${wanted.join(', ')}`, ...(gone.length > 0 ? [`removed ${gone.join(', ')}`] : [])];
  return left.length > 0
    ? report(name, 'warning', `ATTENTION: every PC of this image shares /${left.join(', /')}`, ...done)
    : report(name, 'done', ...done);
};
