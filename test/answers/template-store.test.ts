import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { renderAnswer } from '../../src/answers/render.ts';
import { builtInTemplate } from '../../src/answers/template.ts';
import { type TemplateFormat, templateFormats } from '../../src/answers/template-format.ts';
import { openTemplateStore } from '../../src/answers/template-store.ts';
import { renderUnattend, sampleValues } from '../../src/answers/unattend.ts';
import { plainPc } from './machines.ts';

const scratch = mkdtempSync(path.join(tmpdir(), 'greif-templates-'));
test.after.always(() => rmSync(scratch, { recursive: true }));

const fileOf = (name: string, text: string): string => {
  const file = path.join(scratch, name);
  writeFileSync(file, text);
  return file;
};

test("Greif's own template of each format can be taken in as one's own to begin with", async (t) => {
  const store = await openTemplateStore(path.join(scratch, 'all'));
  for (const format of templateFormats) {
    const file = fileOf(`built-in-${format}`, builtInTemplate(format).text);
    const added = await store.add(`my.${format}`, format, file);
    t.deepEqual(await store.get(`my.${format}`), added);
  }
  t.deepEqual((await store.list()).map(({ format }) => format).sort(), [...templateFormats].sort());
});

test('a name is there once, whatever its format; a file that was there before formats is an unattend', async (t) => {
  const folder = path.join(scratch, 'one');
  const store = await openTemplateStore(folder);
  writeFileSync(path.join(folder, 'old.xml'), builtInTemplate('unattend').text);
  t.deepEqual(await store.list(), [{ name: 'old', format: 'unattend' }]);
  const added = await store.add('old', 'preseed', fileOf('p', 'd-i x/y string {{ variables.any_name }}'));
  t.is(added.format, 'preseed');
  t.deepEqual(readdirSync(folder), ['old.preseed']);
  await store.remove('old');
  await t.throwsAsync(store.get('old'), { code: 'TEMPLATE_NOT_FOUND' });
});

test('what makes no answer of its format is refused, with the name that is wrong', async (t) => {
  const store = await openTemplateStore(path.join(scratch, 'refused'));
  const refused = (format: TemplateFormat, text: string, message: RegExp) =>
    t.throwsAsync(store.add('mine', format, fileOf('f', text)), { code: 'TEMPLATE_INVALID', message }, text);
  await refused('preseed', 'd-i x/y string {{ hostname }}', /hostname/);
  await refused('kickstart', '{{ hostName | raw }}', /raw/);
  await refused('autoinstall', 'autoinstall: {}', /cloud-config/);
  await refused('agama', '{', /JSON/);
  await refused('proxmox', 'a = ', /mine/);
  await refused('autoyast', '<profile/>', /root/);
  await refused('autounattend', '<unattend', /mine/);
  await refused('flatcar', '{}', /Ignition/);
  t.deepEqual(await store.list(), []);
});

test('a template of another format is refused where it is to be used', (t) => {
  const preseed = { name: 'mine', format: 'preseed', text: '' } as const;
  const kickstart = { name: 'mine', format: 'kickstart', text: '' } as const;
  t.throws(() => renderUnattend(sampleValues, preseed), { code: 'TEMPLATE_INVALID', message: /unattend/ });
  t.throws(() => renderAnswer(plainPc, kickstart), { code: 'TEMPLATE_INVALID', message: /preseed/ });
});
