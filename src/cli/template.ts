import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { type TemplateFormat, templateFormats } from '../api/contract/template.ts';
import { table } from './format.ts';
import { verb } from './session.ts';

/** `greif template …` */
export const addTemplateVerbs = (program: Command): void => {
  const template = program.command('template').description('your own templates of answer files');
  verb(
    template
      .command('add')
      .description("take in an answer file with names like {{ hostName }} from the appliance's own disk")
      .argument('<name>')
      .argument('<file>')
      .addOption(
        new Option('--format <format>', "unattend is for imaged PCs, the others are installers'")
          .choices(templateFormats)
          .default('unattend'),
      ),
    async ({ client, show }, name: string, file: string, { format }: { format: TemplateFormat }) => {
      const added = await client.addTemplate({ body: { name, format, path: resolve(file) } });
      const use =
        format === 'unattend' ? `greif order create … --unattend ${name}` : `a profile's "template"`;
      show(added, () => `${added.name}: ${use} uses it`);
      return 0;
    },
  );
  verb(template.command('list').description('all templates'), async ({ client, show }) => {
    const all = await client.listTemplates();
    show(all, () =>
      all.length === 0
        ? 'No templates: PCs get the answer files of Greif.'
        : table(
            ['NAME', 'FORMAT'],
            all.map(({ name, format }) => [name, format]),
          ),
    );
    return 0;
  });
  verb(
    template.command('show').description('the text of a template').argument('<name>'),
    async ({ client, show }, name: string) => {
      const found = await client.getTemplate({ params: { template: name } });
      show(found, () => found.text);
      return 0;
    },
  );
  verb(
    template.command('remove').description('remove a template').argument('<name>'),
    async ({ client, show }, name: string) => {
      const removed = await client.removeTemplate({ params: { template: name } });
      show(removed, () => `${removed.removed} is removed`);
      return 0;
    },
  );
};
