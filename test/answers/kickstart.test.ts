import test from 'ava';
import fc from 'fast-check';
import type { InstallValues } from '../../src/answers/install-values.ts';
import { renderAnswer } from '../../src/answers/render.ts';
import { assertGolden } from './golden.ts';
import { fitText, hostileText } from './hostile.ts';
import { disked, fullPc, lockedPc, plainPc } from './machines.ts';
import { readKickstart } from './shlex.ts';

const machines: Record<string, InstallValues> = {
  plain: { ...disked(plainPc), system: 'rhel', release: '8', variables: { ntp_server: 'ntp.example.org' } },
  full: { ...disked(fullPc), system: 'rhel', release: '9', variables: { ntp_server: 'ntp.example.org' } },
  locked: {
    ...disked(lockedPc),
    system: 'fedora',
    release: '41',
    disk: { ...lockedPc.disk, fileSystem: 'btrfs' },
    packages: ['@development-tools', 'gcc-c++'],
  },
};
const full = machines['full'] as InstallValues;

const textOf = (values: InstallValues, text?: string): string =>
  renderAnswer(values, text === undefined ? undefined : { name: 'mine', text })[0]?.text ?? '';

for (const [name, values] of Object.entries(machines))
  test(`${name}: the file is the golden one, every line a command`, (t) => {
    const text = textOf(values);
    assertGolden(t, `kickstart/${name}/ks.cfg`, text);
    const { commands, sections } = readKickstart(text);
    t.deepEqual(Object.keys(sections), ['%packages', '%post']);
    for (const needed of [
      'url',
      'lang',
      'keyboard',
      'timezone',
      'rootpw',
      'ignoredisk',
      'clearpart',
      'bootloader',
      'reboot',
    ])
      t.is(commands.filter(([command]) => command === needed).length, 1, needed);
  });

test('shlex reads what the profile says, packages stand without quotes', (t) => {
  const { commands, sections } = readKickstart(textOf(full));
  const user = commands.find(([command, name]) => command === 'user' && name === '--name=anna');
  t.true(user?.includes("--gecos=Änna O'Größe"));
  t.true(user?.includes('--groups=wheel,dialout,plugdev'));
  t.deepEqual(commands.find(([command]) => command === 'sshkey')?.[2], full.users[0]?.sshKeys?.[0]);
  t.deepEqual(sections['%packages'], ['@core', 'curl', 'openssh-server', 'vim']);
  t.true(commands.some((words) => words.join(' ') === 'timesource --ntp-server=ntp.example.org'));
  t.true(
    readKickstart(textOf(machines['plain'] as InstallValues)).commands.some((words) =>
      words.includes('--ntpservers=ntp.example.org'),
    ),
  );
});

test('a value comes out as it went in, or is refused by name', (t) => {
  const isFit = (text: string) => fitText(text) && !/[\p{Cc}\u2028\u2029]/u.test(text);
  fc.assert(
    fc.property(fc.array(hostileText, { minLength: 40, maxLength: 40 }), (all) => {
      for (const value of all.filter((text) => !isFit(text)))
        t.throws(() => textOf({ ...full, variables: { value } }, 'lang {{ variables.value }}'), {
          code: 'ANSWER_VALUE_UNFIT',
          message: /^variables\.value .* kickstart line/,
        });
      const texts = all.filter(isFit);
      const users = texts.map((fullName, index) => ({ name: `u${index}`, fullName, isAdmin: false }));
      const { commands } = readKickstart(textOf({ ...full, users }));
      t.deepEqual(
        commands
          .filter(([command]) => command === 'user')
          .map((words) => words.find((word) => word.startsWith('--gecos='))?.slice('--gecos='.length) ?? ''),
        texts,
      );
    }),
    { numRuns: 15, endOnFailure: true },
  );
});

test('what this installer cannot do is refused by name', (t) => {
  const refused = (change: Partial<InstallValues>, message: RegExp) =>
    t.throws(() => textOf({ ...full, ...change }), { code: 'ANSWER_VALUE_UNFIT', message });
  refused({ disk: { ...full.disk, device: undefined } }, /^disk\.device/);
  refused({ disk: { ...full.disk, fileSystem: 'btrfs', scheme: 'plain' } }, /^disk\.fileSystem/);
  refused({ packages: ['%end'] }, /^package/);
  refused({ packages: ['a b'] }, /^package/);
});
