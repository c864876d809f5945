import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { DriverSummary } from '../api/contract/driver.ts';
import { GreifError } from '../core/errors.ts';
import { facts, formatBytes, formatTime, table } from './format.ts';
import { verb } from './session.ts';

/** `sys_vendor=LENOVO,product_name=20XX*`. Throws BAD_REQUEST. */
export const parseMatch = (text: string): Record<string, string> =>
  Object.fromEntries(
    text.split(',').map((part) => {
      const at = part.indexOf('=');
      if (at < 1)
        throw new GreifError('BAD_REQUEST', `"${part}" is no FIELD=PATTERN: sys_vendor=LENOVO, for example`);
      return [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    }),
  );

const matchText = ({ match }: DriverSummary): string =>
  Object.entries(match ?? {})
    .map(([field, pattern]) => `${field}=${pattern}`)
    .join(',');

const driverTable = (drivers: readonly DriverSummary[]): string =>
  drivers.length === 0
    ? 'No driver packages yet: greif driver add NAME FOLDER takes one in.'
    : table(
        ['DRIVER', 'MODELS', 'PCI IDS', 'CLASSES', 'SIZE', 'ADDED'],
        drivers.map((driver) => [
          driver.name,
          matchText(driver),
          String(driver.pciIdCount),
          driver.classNames.join(' '),
          formatBytes(driver.sizeBytes),
          formatTime(driver.addedAt),
        ]),
      );

/** `greif driver …` */
export const addDriverVerbs = (program: Command): void => {
  const driver = program.command('driver').description('drivers that Windows gets on the PCs that need them');
  const add = driver
    .command('add')
    .description("take in a folder of unpacked drivers from the appliance's own disk; the same name replaces")
    .argument('<name>')
    .argument('<folder>', 'with .inf files in it, at any depth')
    .option('--match <fields>', 'also for these models: sys_vendor=LENOVO,product_name=20XX*');
  verb(add, async ({ client, show }, name: string, folder: string) => {
    const { match } = add.opts<{ match?: string }>();
    const body = { name, path: resolve(folder), ...(match !== undefined && { match: parseMatch(match) }) };
    const added = await client.addDriver({ body });
    show(added, () => driverTable([added]));
    return 0;
  });
  verb(driver.command('list').description('all driver packages'), async ({ client, show }) => {
    const drivers = await client.listDrivers();
    show(drivers, () => driverTable(drivers));
    return 0;
  });
  verb(
    driver.command('show').description('a driver package and the devices it is for').argument('<name>'),
    async ({ client, show }, name: string) => {
      const found = await client.getDriver({ params: { driver: name } });
      show(found, () =>
        [
          facts([
            ['driver', found.name],
            ['models', matchText(found)],
            ['size', `${formatBytes(found.sizeBytes)} in ${found.fileCount} files`],
            ['added', formatTime(found.addedAt)],
          ]),
          '',
          table(
            ['INF', 'CLASS', 'FOR', 'PCI IDS'],
            found.infs.map(({ path, className, architectures, pciIds }) => [
              path,
              className ?? '',
              architectures.join(' '),
              `${pciIds.slice(0, 4).join(' ')}${pciIds.length > 4 ? ` and ${pciIds.length - 4} more` : ''}`,
            ]),
          ),
        ].join('\n'),
      );
      return 0;
    },
  );
  verb(
    driver.command('remove').description('remove a driver package').argument('<name>'),
    async ({ client, show }, name: string) => {
      const removed = await client.removeDriver({ params: { driver: name } });
      show(removed, () => `${removed.removed} is removed`);
      return 0;
    },
  );
};
