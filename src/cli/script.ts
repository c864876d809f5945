import type { Command } from 'commander';
import { formatTime, table } from './format.ts';
import { verb } from './session.ts';
import { readText } from './text-file.ts';

/** `--script NAME… --no-scripts` as the API takes them: `undefined`, names, or what none at all means there. */
export const chosenScripts = <None>(
  { script, scripts }: { script?: string[]; scripts: boolean },
  none: None,
): string[] | None | undefined => (scripts ? script : none);

/** `greif script …` */
export const addScriptVerbs = (program: Command): void => {
  const script = program.command('script').description('scripts that are run on PCs after a deploy');
  verb(
    script
      .command('add')
      .description('add a script, or a new version of it')
      .argument('<name>')
      .argument('<file>', 'text that begins with its interpreter (#!/bin/sh)'),
    async ({ client, show }, name: string, file: string) => {
      const added = await client.addScript({ body: { name, text: await readText(file) } });
      show(added, () => `${added.name}@${added.version} ${added.digest}`);
      return 0;
    },
  );
  verb(script.command('list').description('all scripts'), async ({ client, show }) => {
    const scripts = await client.listScripts();
    show(scripts, () =>
      scripts.length === 0
        ? 'No scripts yet: greif script add NAME FILE adds one.'
        : table(
            ['SCRIPT', 'ADDED', 'BY', 'SHA-256'],
            scripts.map(({ name, version, digest, addedAt, addedBy }) => [
              `${name}@${version}`,
              formatTime(addedAt),
              addedBy,
              digest,
            ]),
          ),
    );
    return 0;
  });
  verb(
    script.command('show').description('the text of a script').argument('<script>', 'name, or name@version'),
    async ({ client, show }, reference: string) => {
      const found = await client.getScript({ params: { script: reference } });
      show(found, () => found.text.trimEnd());
      return 0;
    },
  );
  verb(
    script.command('remove').description('remove a script with all its versions').argument('<name>'),
    async ({ client, show }, name: string) => {
      const removed = await client.removeScript({ params: { script: name } });
      show(removed, () => `${removed.removed} is removed`);
      return 0;
    },
  );
};
