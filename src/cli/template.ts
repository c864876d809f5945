import { resolve } from 'node:path';
import type { Command } from 'commander';
import { verb } from './session.ts';

/** `greif template …` */
export const addTemplateVerbs = (program: Command): void => {
  const template = program.command('template').description("your own templates of Windows' answer file");
  verb(
    template
      .command('add')
      .description(
        "take in an unattend.xml with names like {{ computer_name }} from the appliance's own disk",
      )
      .argument('<name>')
      .argument('<file>'),
    async ({ client, show }, name: string, file: string) => {
      const added = await client.addTemplate({ body: { name, path: resolve(file) } });
      show(added, () => `${added.name}: greif order create … --unattend ${added.name} uses it`);
      return 0;
    },
  );
  verb(template.command('list').description('all templates'), async ({ client, show }) => {
    const names = await client.listTemplates();
    show(names, () => (names.length === 0 ? 'No templates: PCs get a plain answer file.' : names.join('\n')));
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
