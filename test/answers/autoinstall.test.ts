import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import type { InstallValues } from '../../src/answers/install-values.ts';
import { renderAnswer } from '../../src/answers/render.ts';
import { assertGolden } from './golden.ts';
import { fitText, hostileText } from './hostile.ts';
import { disked, fullPc, lockedPc, plainPc } from './machines.ts';
import { openCloudInit, readYaml, schemaFaults } from './python.ts';

const ubuntu = (values: InstallValues, release: string): InstallValues => ({
  ...disked(values),
  system: 'ubuntu',
  release,
});
const machines = {
  plain: ubuntu(plainPc, '22.04'),
  full: ubuntu(fullPc, '24.04'),
  locked: ubuntu(lockedPc, '24.04'),
};

const filesOf = (values: InstallValues, text?: string): Record<string, string> =>
  Object.fromEntries(
    renderAnswer(values, text === undefined ? undefined : { name: 'mine', text }).map((file) => [
      file.name,
      file.text,
    ]),
  );

const schema = JSON.parse(readFileSync(path.join(import.meta.dirname, 'schemas/autoinstall.json'), 'utf8'));
const cloudInit = openCloudInit();
test.after.always(cloudInit.close);

for (const [name, values] of Object.entries(machines))
  test.serial(`${name}: the files are the golden ones, and valid to cloud-init and to the schema`, (t) => {
    const files = filesOf(values);
    t.deepEqual(Object.keys(files), ['user-data', 'meta-data', 'vendor-data']);
    for (const [file, text] of Object.entries(files)) assertGolden(t, `autoinstall/${name}/${file}`, text);
    const userData = files['user-data'] ?? '';
    t.regex(cloudInit.schema(userData), /Valid cloud-config/);
    const [document] = readYaml([userData]) as [{ autoinstall: { 'user-data': unknown } }];
    t.deepEqual(schemaFaults(schema, document), []);
    const installed = `#cloud-config\n${JSON.stringify(document.autoinstall['user-data'])}\n`;
    t.regex(cloudInit.schema(installed), /Valid cloud-config/);
  });

test.serial('the validators refuse what is wrong', (t) => {
  t.throws(() => cloudInit.schema('#cloud-config\nhostname: [a]\n'));
  const text = filesOf(machines.full)['user-data'] ?? '';
  for (const [from, to] of [
    ['"fstype":"xfs"', '"fstype":"xfz"'],
    ['updates: security', 'updates: yes'],
    ['version: 1', 'version: "1"'],
  ] as const)
    t.not(
      (schemaFaults(schema, (readYaml([text.replace(from, to)]) as [unknown])[0]) as string[]).length,
      0,
      to,
    );
});

test('PyYAML reads each value as it went in, text as text', (t) => {
  fc.assert(
    fc.property(fc.array(hostileText, { minLength: 30, maxLength: 30 }), (all) => {
      const texts = all.filter(fitText);
      const own = texts.map((_, index) => `v${index}: {{ variables.v${index} }}\n`).join('');
      const variables = Object.fromEntries(texts.map((text, index) => [`v${index}`, text]));
      const files = filesOf(
        { ...machines.full, variables },
        `#cloud-config\nautoinstall: { version: 1 }\n${own}`,
      );
      const users = texts.map((fullName, index) => ({ name: `u${index}`, fullName, isAdmin: false }));
      const built = filesOf({ ...machines.full, users })['user-data'] ?? '';
      const [mine, whole] = readYaml([files['user-data'] ?? '', built]) as [
        Record<string, unknown>,
        { autoinstall: { 'user-data': { users: { gecos: string }[] } } },
      ];
      t.deepEqual(
        texts.map((_, index) => mine[`v${index}`]),
        texts,
      );
      t.deepEqual(
        whole.autoinstall['user-data'].users.slice(1).map(({ gecos }) => gecos),
        texts,
      );
    }),
    { numRuns: 15, endOnFailure: true },
  );
});

test('other kinds of values stay what they are; NUL is refused by name', (t) => {
  const variables = { n: 7, b: true, l: ['yes', '1e3'], z: 'a\0' };
  const of = (name: string) =>
    filesOf(
      { ...machines.plain, variables },
      `#cloud-config\nautoinstall: { version: 1 }\nv: {{ variables.${name} }}`,
    )['user-data'] ?? '';
  t.like(readYaml([of('n'), of('b'), of('l')]), [{ v: 7 }, { v: true }, { v: ['yes', '1e3'] }] as never);
  t.throws(() => of('z'), { code: 'ANSWER_VALUE_UNFIT', message: /^variables\.z .*NUL/ });
});

test('no disk is taken that nobody has named', (t) => {
  t.throws(() => filesOf({ ...machines.plain, disk: { ...machines.plain.disk, device: undefined } }), {
    code: 'ANSWER_VALUE_UNFIT',
    message: /^disk\.device/,
  });
});
