import { execFileSync } from 'node:child_process';
import test from 'ava';
import fc from 'fast-check';
import type { InstallValues } from '../../src/answers/install-values.ts';
import { renderInstallScript } from '../../src/answers/render.ts';
import { assertGolden } from './golden.ts';
import { hostileText } from './hostile.ts';
import { machines, plainPc } from './machines.ts';

const run = (script: string): string => execFileSync('sh', ['-s'], { input: script, encoding: 'utf8' });

for (const [name, values] of Object.entries(machines))
  test(`${name}: the script is the golden one, and sh can read it`, (t) => {
    const { text } = renderInstallScript(values);
    assertGolden(t, `install-script/${name}/install.sh`, text);
    t.notThrows(() => execFileSync('sh', ['-n'], { input: text }));
  });

test('a value in a line of the profile is one word to the shell, whatever it holds', (t) => {
  fc.assert(
    fc.property(fc.array(hostileText, { minLength: 20, maxLength: 40 }), (all) => {
      const texts = all.filter((text) => text.isWellFormed());
      const { text } = renderInstallScript({
        ...plainPc,
        postInstall: texts.map((_, index) => `printf '%s\\0' {{ variables.v${index} }}`),
        variables: Object.fromEntries(texts.map((value, index) => [`v${index}`, value])),
      });
      t.deepEqual(run(text).split('\0').slice(0, -1), texts);
    }),
    { numRuns: 20, endOnFailure: true },
  );
});

test('the script ends with the first line that fails', (t) => {
  const { text } = renderInstallScript({ ...plainPc, postInstall: ['echo one', 'false', 'echo two'] });
  const error = t.throws(() => run(text)) as Error & { status: number; stdout: string };
  t.is(error.status, 1);
  t.is(error.stdout, 'one\n');
});

test('NUL and an undefined variable are refused by name', (t) => {
  const script = (variables: Record<string, string>) => () =>
    renderInstallScript({ ...plainPc, postInstall: ['echo {{ variables.x }}'], variables });
  t.throws(script({ x: 'a\0b' }), { code: 'ANSWER_VALUE_UNFIT', message: /variables\.x/ });
  t.throws(script({}), { code: 'TEMPLATE_INVALID', message: /postInstall.*variables\.x/ });
});

const windowsPc: InstallValues = {
  ...plainPc,
  system: 'windows',
  release: '11',
  postInstall: ['reg add HKLM\\Software\\Greif /v Room /d {{ machine.room }} /f'],
};

test('Windows: the script is the golden one, its lines end as cmd wants them', (t) => {
  const { text } = renderInstallScript(windowsPc);
  assertGolden(t, 'install-script/windows/SetupComplete.cmd', text);
  t.notRegex(text, /[^\r]\n/);
});

/** As cmd.exe reads an argument of a batch file: percent signs first, then a quote that ends at the next. */
const readAsCmd = (line: string): string => {
  const [, argument = ''] = /^x "([^"]*)"$/.exec(line) ?? [];
  const percents = argument.match(/%+/g) ?? [];
  if (percents.some((run) => run.length % 2 === 1)) throw new Error('a variable would be put in');
  return argument.replaceAll('%%', '%');
};

test('Windows: a value is one argument to cmd, or is refused by name', (t) => {
  fc.assert(
    fc.property(hostileText, (value) => {
      const render = () =>
        renderInstallScript({ ...windowsPc, postInstall: ['x {{ variables.value }}'], variables: { value } });
      if (!value.isWellFormed() || /["\p{Cc}]|\\$/u.test(value) || value.length > 8000)
        t.throws(render, { code: 'ANSWER_VALUE_UNFIT', message: /^variables\.value .* cmd script/ });
      else t.is(readAsCmd(render().text.split('\r\n').at(-2) ?? ''), value);
    }),
    { numRuns: 300, endOnFailure: true },
  );
});
