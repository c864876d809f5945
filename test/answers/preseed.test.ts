import test from 'ava';
import fc from 'fast-check';
import type { InstallValues } from '../../src/answers/install-values.ts';
import { renderAnswer } from '../../src/answers/render.ts';
import { openDebconf } from './debconf.ts';
import { assertGolden } from './golden.ts';
import { hostileText } from './hostile.ts';
import { fullPc, lockedPc, machines, plainPc } from './machines.ts';

const preseedOf = (values: InstallValues, text?: string): string =>
  renderAnswer(values, text === undefined ? undefined : { name: 'mine', text })[0]?.text ?? '';

const debconf = await openDebconf();
test.after.always(debconf.close);

for (const [name, values] of Object.entries(machines))
  test.serial(`${name}: the file is the golden one, and debconf takes it without a word`, async (t) => {
    const text = preseedOf(values);
    assertGolden(t, `preseed/${name}/preseed.cfg`, text);
    t.is(await debconf.check(text), '');
  });

test.serial('debconf holds what the profile says', async (t) => {
  const held = await debconf.read(preseedOf(fullPc));
  t.is(held.get('passwd/user-fullname'), "Änna O'Größe");
  t.is(held.get('mirror/http/hostname'), '10.0.0.1:3142');
  t.is(held.get('mirror/http/directory'), '/debian');
  t.is(held.get('pkgsel/include'), 'openssh-server vim sudo');
  t.is(held.get('partman-auto/method'), 'lvm');
  t.false(held.has('debian-installer/allow_unauthenticated'));
  t.regex(held.get('preseed/late_command') ?? '', /'http:\S+script' .* 'http:\S+finished'$/);
});

test.serial('a value comes out as it went in, or is refused by name', async (t) => {
  const isFit = (value: string) =>
    !/\p{Cc}/u.test(value) && value === value.trim() && !value.endsWith('\\') && !value.includes('\\n');
  await fc.assert(
    fc.asyncProperty(fc.array(hostileText, { minLength: 40, maxLength: 40 }), async (values) => {
      const fit = values.filter((value) => value.isWellFormed() && isFit(value));
      for (const value of values)
        if (!fit.includes(value))
          t.throws(
            () => preseedOf({ ...plainPc, variables: { value } }, 'd-i x/y string {{ variables.value }}'),
            {
              code: 'ANSWER_VALUE_UNFIT',
              message: /^variables\.value .* preseed line/,
            },
          );
      const lines = fit.map((_, index) => `d-i greif/v${index} string {{ variables.v${index} }}\n`).join('');
      const variables = Object.fromEntries(fit.map((value, index) => [`v${index}`, value]));
      const held = await debconf.read(preseedOf({ ...plainPc, variables }, lines));
      t.deepEqual(
        fit.map((_, index) => held.get(`greif/v${index}`)),
        fit,
      );
    }),
    { numRuns: 12, endOnFailure: true },
  );
});

test('the partitions follow firmware, table and scheme', (t) => {
  const recipeOf = (values: InstallValues) =>
    /expert_recipe string greif :: (.*)/.exec(preseedOf(values))?.[1] ?? '';
  t.notRegex(recipeOf(plainPc), /efi|biosgrub|swap|lvmok/);
  t.regex(recipeOf(plainPc), /\$bootable/);
  t.regex(recipeOf(lockedPc), /^1 1 1 free method\{ biosgrub \} \. 537 537 537 linux-swap/);
  t.notRegex(recipeOf(lockedPc), /\$bootable/);
  t.regex(recipeOf(fullPc), /^538 538 538 free method\{ efi \}.*\/boot \} \..*xfs \$lvmok\{ \}/);
});

test('what the installer cannot do is refused by name', (t) => {
  const refused = (change: Partial<InstallValues>, message: RegExp) =>
    t.throws(() => preseedOf({ ...plainPc, ...change }), { code: 'ANSWER_VALUE_UNFIT', message });
  refused({ disk: { ...plainPc.disk, fileSystem: 'zfs' } }, /disk\.fileSystem/);
  refused({ disk: { ...plainPc.disk, firmware: 'uefi' } }, /disk\.firmware/);
  refused({ firmware: 'uefi' }, /disk\.table/);
  refused({ packages: ['a b'] }, /^packages \| words/);
  refused({ source: { url: 'http://a/', mirrorUrl: 'ftp://a/debian' } }, /source\.mirrorUrl/);
  refused({ variables: { unsigned_mirror: 'yes' } }, /variables\.unsigned_mirror/);
  refused({ hostName: 'a\nd-i x/y string b' }, /^hostName/);
});

test('packages of a mirror that nobody has signed are taken only where a variable says so', (t) => {
  t.regex(
    preseedOf({ ...plainPc, variables: { unsigned_mirror: true } }),
    /allow_unauthenticated boolean true/,
  );
});

test('a template cannot leave the escape out, and unknown names are errors', (t) => {
  const fails = (text: string, message: RegExp) =>
    t.throws(() => preseedOf(plainPc, text), { code: 'TEMPLATE_INVALID', message }, text);
  fails('{{ hostName | raw }}', /mine .*raw/);
  fails('{{ variables.absent }}', /absent/);
  fails('{% if variables.absent %}x{% endif %}', /absent/);
  fails("{% include '/etc/passwd' %}", /passwd/);
});
