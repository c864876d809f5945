import { randomBytes } from 'node:crypto';
import type { RootedFiles } from '../../../core/rooted-files.ts';
import { report } from '../report.ts';
import { setHostName } from './hosts-file.ts';
import type { LinuxStep } from './linux-step.ts';

export const giveHostName: LinuxStep = async ({ files, hostName }) => {
  await files.write('etc/hostname', `${hostName}\n`);
  const hosts = (await files.read('etc/hosts')) ?? '127.0.0.1\tlocalhost\n';
  await files.write('etc/hosts', setHostName(hosts, hostName));
  return report('host-name', 'done', hostName);
};

/** journald(8) keeps a folder for each machine-id; that of the old one would never be tidied up. */
const removeOldJournal = async (files: RootedFiles, old: string): Promise<string[]> =>
  /^[0-9a-f]{32}$/.test(old) && (await files.remove(`var/log/journal/${old}`))
    ? ['the journal of the old one removed']
    : [];

/** machine-id(5): 32 hex digits, never shared. */
export const giveMachineId: LinuxStep = async ({ files }) => {
  const old = (await files.read('etc/machine-id'))?.trim() ?? '';
  const text = `${randomBytes(16).toString('hex')}\n`;
  await files.write('etc/machine-id', text);
  // D-Bus has its own copy in older systems; usually it is a link to the one above.
  if ((await files.read('var/lib/dbus/machine-id')) !== undefined)
    await files.write('var/lib/dbus/machine-id', text);
  return report('machine-id', 'done', 'a new one', ...(await removeOldJournal(files, old)));
};

/** Where systems keep the random numbers of their last run: systemd, sysvinit of Debian, RHEL 6. */
const seeds = ['var/lib/systemd/random-seed', 'var/lib/urandom/random-seed', 'var/lib/random-seed'];
const seedBytes = 512;

export const giveRandomSeed: LinuxStep = async ({ files }) => {
  const done: string[] = [];
  for (const name of seeds) {
    if (!(await files.exists(name))) continue;
    await files.write(name, randomBytes(seedBytes), { mode: 0o600 });
    done.push(`a new /${name}`);
  }
  return done.length > 0
    ? report('random-seed', 'done', ...done)
    : report('random-seed', 'skipped', 'the image has none');
};

const credentialSecret = 'var/lib/systemd/credential.secret';
const encryptedCredentials = ['etc/credstore.encrypted', 'usr/lib/credstore.encrypted'];

/** systemd-creds(1) makes a new one when it is needed; but what the old one encrypted only the old one decrypts. */
export const removeCredentialSecret: LinuxStep = async ({ files }) => {
  const name = 'credential-secret';
  if (!(await files.exists(credentialSecret))) return report(name, 'skipped', 'the image has none');
  for (const folder of encryptedCredentials)
    if ((await files.list(folder)).length > 0)
      return report(
        name,
        'warning',
        `ATTENTION: kept, as /${folder} holds what it encrypts: every PC of this image shares it`,
      );
  await files.remove(credentialSecret);
  return report(name, 'done', `/${credentialSecret} removed`);
};
