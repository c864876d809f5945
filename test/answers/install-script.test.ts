import { execFileSync } from 'node:child_process';
import test from 'ava';
import fc from 'fast-check';
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
