import type { Command } from 'commander';
import { parse, stringify } from 'yaml';
import { GreifError } from '../core/errors.ts';
import type { ProfileForm, SavedProfile } from '../fleet/profile.ts';
import type { FrozenValue } from '../fleet/variables.ts';
import { formatTime, table } from './format.ts';
import { verb } from './session.ts';
import { readText } from './text-file.ts';
import { setOption, valueText } from './values.ts';

/** YAML, of which JSON is a part. Throws BAD_REQUEST with the line. */
const readProfile = async (file: string): Promise<ProfileForm> => {
  const text = await readText(file);
  try {
    return parse(text);
  } catch (cause) {
    const [reason] = (cause as Error).message.split('\n', 1);
    throw new GreifError('BAD_REQUEST', `${file} is neither YAML nor JSON: ${reason}`, { cause });
  }
};

const profileTable = (profiles: SavedProfile[]): string =>
  profiles.length === 0
    ? 'No profiles yet: greif profile add FILE adds one.'
    : table(
        ['PROFILE', 'SYSTEM', 'SOURCE', 'VARIABLES', 'ADDED', 'BY'],
        profiles.map(({ name, version, system, release, source, variables, addedAt, addedBy }) => [
          `${name}@${version}`,
          `${system} ${release}`,
          source,
          Object.keys(variables).join(', '),
          formatTime(addedAt),
          addedBy,
        ]),
      );

interface Rendered {
  profile: string;
  files: { name: string; text: string }[];
  values: { name: string; value: FrozenValue; from: string }[];
}

const renderedText = ({ files, values }: Rendered): string =>
  [
    ...files.flatMap(({ name, text }) => [`--- ${name}`, text.trimEnd(), '']),
    values.length === 0
      ? 'The profile has no variables.'
      : table(
          ['VARIABLE', 'VALUE', 'FROM'],
          values.map(({ name, value, from }) => [name, valueText(value), from]),
        ),
  ].join('\n');

/** `greif profile …` */
export const addProfileVerbs = (program: Command): void => {
  const profile = program
    .command('profile')
    .description('how a system is installed by its own installer, from an answer file');
  verb(
    profile
      .command('add')
      .description('add a profile, or a new version of it')
      .argument('<file>', 'YAML or JSON, as docs/installs.md describes it'),
    async ({ client, show }, file: string) => {
      const added = await client.addProfile({ body: await readProfile(file) });
      show(added, () => `${added.name}@${added.version}`);
      return 0;
    },
  );
  verb(profile.command('list').description('all profiles'), async ({ client, show }) => {
    const profiles = await client.listProfiles();
    show(profiles, () => profileTable(profiles));
    return 0;
  });
  const reference = ['<profile>', 'name, or name@version'] as const;
  verb(
    profile
      .command('show')
      .description('a profile as YAML, with bullets for the hashes of passwords')
      .argument(...reference),
    async ({ client, show }, name: string) => {
      const found = await client.getProfile({ params: { profile: name } });
      show(found, () => stringify(found).trimEnd());
      return 0;
    },
  );
  const render = profile
    .command('render')
    .description('the answer files that a machine would get, and where each value comes from')
    .argument(...reference)
    .requiredOption('--machine <machine>', 'id, name or MAC')
    .option('--host-name <name>', "what the PC is to be called (default: the machine's name)")
    .addOption(setOption('a value as an order would have it'));
  verb(render, async ({ client, show }, name: string) => {
    const { machine, hostName, set } = render.opts<{
      machine: string;
      hostName?: string;
      set?: Record<string, string>;
    }>();
    const body = { machine, ...(hostName && { hostName }), ...(set && { variables: set }) };
    const rendered = await client.renderProfile({ params: { profile: name }, body });
    show(rendered, () => renderedText(rendered));
    return 0;
  });
  verb(
    profile.command('remove').description('remove a profile with all its versions').argument('<name>'),
    async ({ client, show }, name: string) => {
      const removed = await client.removeProfile({ params: { profile: name } });
      show(removed, () => `${removed.removed} is removed`);
      return 0;
    },
  );
};
