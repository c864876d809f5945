import test from 'ava';
import { createPlanAnswers } from '../../src/answers/plan-answers.ts';
import { GreifError } from '../../src/core/errors.ts';
import type { InstallPlan } from '../../src/fleet/install-plan.ts';
import { profileFormSchema } from '../../src/fleet/profile.ts';
import { machine, profileForm } from '../fleet/samples.ts';

const answers = createPlanAnswers({
  async get(name) {
    if (name === 'own') return { name, text: 'd-i netcfg/hostname string {{ hostName }}-of-our-own\n' };
    throw new GreifError('TEMPLATE_NOT_FOUND', `there is no template ${name}`);
  },
});
const planOf = (
  form: Parameters<typeof profileForm>[0],
  values: Record<string, string> = {},
): InstallPlan => ({
  machine: machine(),
  profile: { ...profileFormSchema.parse(profileForm(form)), version: 1 },
  hostName: 'desk-7',
  diskId: 'serial:A',
  variables: Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, { value, from: 'site' }]),
  ),
});
const textOf = async (plan: InstallPlan) => (await answers.preview(plan)).map(({ text }) => text).join('\n');

test('the preview of a Windows has neither password nor key in it, in no encoding', async (t) => {
  const secrets = { adminPassword: 'hunter2-hunter2', joinKey: 'j0in-k3y' };
  const plan = planOf(
    {
      system: 'windows',
      release: '11',
      locale: 'de_DE.UTF-8',
      disk: { fileSystem: 'ntfs' },
      variables: {
        adminPassword: { type: 'string', secret: true },
        joinKey: { type: 'string', secret: true },
      },
      users: [{ name: 'Admin', passwordHash: 'adminPassword', isAdmin: true }],
      postInstall: ['join.exe {{ variables.joinKey }}'],
    },
    secrets,
  );
  const text = await textOf(plan);
  t.regex(text, /join\.exe "?\*\*\*"?/);
  for (const secret of Object.values(secrets)) {
    t.false(text.includes(secret));
    const wide = Buffer.from(secret, 'utf16le').toString('base64');
    t.false(text.includes(wide.slice(0, wide.length - 4)));
  }
});

test('a profile may have a template of its own; what it lacks is told before the order', async (t) => {
  t.regex(await textOf(planOf({ template: 'own' })), /desk-7-of-our-own/);
  await t.throwsAsync(answers.rehearse(planOf({ template: 'lost' })), { code: 'TEMPLATE_NOT_FOUND' });
});

test('a secret that no answer can hold is refused by its name, and not repeated', async (t) => {
  const form = {
    variables: { joinKey: { type: 'string', secret: true } },
    postInstall: ['join {{ variables.joinKey }}'],
  } as const;
  const unfit = planOf(
    { ...form, variables: { ...form.variables }, postInstall: [...form.postInstall] },
    { joinKey: 'hun\0ter2' },
  );
  const error = await t.throwsAsync(answers.rehearse(unfit), {
    code: 'ANSWER_VALUE_UNFIT',
    message: /joinKey/,
  });
  t.notRegex(error?.message ?? '', /ter2/);
});
