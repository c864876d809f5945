import type { Command } from 'commander';
import type { FrozenValue } from '../fleet/variables.ts';
import { facts, table } from './format.ts';
import { verb } from './session.ts';
import { assignedValues, setOption, valueText } from './values.ts';

const valueTable = (values: Readonly<Record<string, FrozenValue>>): string => {
  const rows = Object.entries(values).map(([name, value]) => [name, valueText(value)]);
  return rows.length === 0 ? 'Nothing is set.' : table(['VARIABLE', 'VALUE'], rows);
};

/** `greif site …`: values for every PC. */
const addSiteVerbs = (program: Command): void => {
  const site = program.command('site').description('values of variables for every PC');
  verb(site.command('show').description('what is set'), async ({ client, show }) => {
    const [place] = await client.listVariables({ query: { scope: 'site' } });
    show(place?.values ?? {}, () => valueTable(place?.values ?? {}));
    return 0;
  });
  verb(
    site
      .command('set')
      .description('set values for every PC; NAME= takes one back')
      .argument('<name=value...>'),
    async ({ client, show }, texts: string[]) => {
      const changed = await client.changeSiteVariables({ body: { values: assignedValues(texts) } });
      show(changed.values, () => valueTable(changed.values));
      return 0;
    },
  );
};

/** `greif group …`: PCs that take values together, wherever they stand. */
const addGroupVerbs = (program: Command): void => {
  const group = program.command('group').description('PCs that take values of variables together');
  verb(
    group.command('list').description('all groups, and what is set for them'),
    async ({ client, show }) => {
      const groups = await client.listGroups();
      const places = await client.listVariables({ query: { scope: 'group' } });
      const all = groups.map((one) => ({
        ...one,
        values: places.find(({ owner }) => owner === one.name)?.values ?? {},
      }));
      const text = (values: Record<string, FrozenValue>) =>
        Object.entries(values)
          .map(([name, value]) => `${name}=${valueText(value)}`)
          .join(' ');
      show(all, () =>
        all.length === 0
          ? 'No groups yet: greif machine set MACHINE --group GROUP puts a machine into one.'
          : table(
              ['GROUP', 'MACHINES', 'VALUES'],
              all.map(({ name, machines, values }) => [name, String(machines), text(values)]),
            ),
      );
      return 0;
    },
  );
  const set = group
    .command('set')
    .description("set values for a group's PCs")
    .argument('<group>')
    .addOption(setOption('a value for them').makeOptionMandatory());
  verb(set, async ({ client, show }, name: string) => {
    const { set: values } = set.opts<{ set: Record<string, string> }>();
    const changed = await client.changeGroupVariables({ params: { group: name }, body: { values } });
    show(changed.values, () => valueTable(changed.values));
    return 0;
  });
};

/** `greif secret …` */
const addSecretVerbs = (program: Command): void => {
  const secret = program.command('secret').description('the key with which secrets are kept');
  verb(
    secret
      .command('rotate-key')
      .description('make a new key, encrypt all profiles and values with it, and forget the former one'),
    async ({ client, show }) => {
      const rotated = await client.rotateSecretKey();
      show(rotated, () => facts([['key', rotated.key]]));
      return 0;
    },
  );
};

/** `greif site …`, `greif group …`, `greif secret …`: where values of variables are set, and how secrets are kept. */
export const addVariableVerbs = (program: Command): void => {
  addSiteVerbs(program);
  addGroupVerbs(program);
  addSecretVerbs(program);
};
