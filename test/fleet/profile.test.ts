import test from 'ava';
import { profileFormSchema } from '../../src/fleet/profile.ts';
import { profileForm } from './samples.ts';

const faults = (over: object): string[] => {
  const result = profileFormSchema.safeParse({ ...profileForm(), ...over });
  return result.success
    ? []
    : result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).sort();
};

const sha512 = `$6$saltsalt$${'a'.repeat(86)}`;

test('what is not said has a default', (t) => {
  t.like(profileFormSchema.parse(profileForm()), {
    architecture: 'x64',
    disk: { firmware: 'auto', table: 'gpt', scheme: 'plain', fileSystem: 'ext4' },
    timeZone: 'UTC',
    keyboard: { layout: 'us' },
    deadlineMinutes: 120,
  });
});

test('passwords are hashes, of a method that cannot be guessed', (t) => {
  const user = (passwordHash: string) => faults({ users: [{ name: 'staff', passwordHash }] });
  t.deepEqual(user(sha512), []);
  t.deepEqual(user(`$y$j9T$abcdefgh$${'b'.repeat(43)}`), []);
  t.deepEqual(user(`$2b$12$${'c'.repeat(53)}`), []);
  for (const plain of ['hunter2', `$1$salt$${'a'.repeat(22)}`, `${sha512}\n`, '', '!'])
    t.regex(user(plain)[0] ?? '', /^users\.0\.passwordHash: .*never the password itself.*mkpasswd/, plain);
  t.regex(faults({ rootPasswordHash: 'toor' })[0] ?? '', /^rootPasswordHash: .*mkpasswd/);
});

test('Windows names a secret variable instead', (t) => {
  const windows = (passwordHash: string) =>
    faults({
      system: 'windows',
      disk: { fileSystem: 'ntfs' },
      variables: { admin_password: { type: 'string', secret: true }, open: { type: 'string' } },
      users: [{ name: 'Admin', passwordHash }],
    });
  t.deepEqual(windows('admin_password'), []);
  for (const wrong of [sha512, 'open', 'missing', 'constructor'])
    t.regex(windows(wrong)[0] ?? '', /^users\.0\.passwordHash: .*secret: true/, wrong);
});

test('each fault names its field and what to write', (t) => {
  t.regex(faults({ disk: { fileSystem: 'ntfs' } })[0] ?? '', /^disk\.fileSystem: .*ext4 or xfs or btrfs/);
  t.regex(faults({ disk: { fileSystem: 'btrfs', scheme: 'lvm' } })[0] ?? '', /^disk\.scheme: .*plain/);
  t.regex(
    faults({ disk: { fileSystem: 'ext4', firmware: 'uefi', table: 'mbr' } })[0] ?? '',
    /^disk\.table: .*gpt/,
  );
  t.regex(faults({ timeZone: 'Berlin' })[0] ?? '', /^timeZone: .*Europe\/Berlin/);
  t.regex(faults({ postInstall: ['a\nb'] })[0] ?? '', /^postInstall\.0: one line/);
  t.regex(faults({ users: [{ name: 'a' }, { name: 'a' }] })[0] ?? '', /^users\.1\.name: /);
  t.regex(
    faults({ variables: { key: { type: 'string', secret: true, default: 'x' } } })[0] ?? '',
    /^variables\.key\.default: a secret has no default/,
  );
  t.regex(
    faults({ variables: { n: { type: 'integer', default: 'x' } } })[0] ?? '',
    /^variables\.n\.default: write a value of the type integer/,
  );
  t.regex(faults({ typo: 1 })[0] ?? '', /typo/);
  t.is(faults({ variables: { '2big': { type: 'string' } } }).length, 1);
});
