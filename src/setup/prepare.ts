/** Runs on Node 24, before the program: Debian packages, then `boot/`. Started by run.mjs with the command's name, and that of what it shall run. */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { asGreifError, errorCatalogue, GreifError } from '../core/errors.ts';
import { type Architecture, architectures } from './boot-folder/architecture.ts';
import { prepareBootFolder } from './boot-folder/prepare.ts';
import { installDebianPackages } from './debian-packages.ts';

const report = (line: string): void => console.error(`set-up: ${line}`);

const isArchitecture = (name: string): name is Architecture => architectures.some((known) => known === name);

const prepare = async (): Promise<void> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      yes: { type: 'boolean', short: 'y' },
      update: { type: 'boolean' },
      force: { type: 'boolean' },
      mirror: { type: 'string' },
      arch: { type: 'string', multiple: true },
    },
  });
  const [command = 'boot', what] = positionals;
  const agreed = values.yes === true || process.env['CI'] === 'true';
  if (command !== 'boot') await installDebianPackages(command, { what, agreed, report });
  const { update = false, force = false, mirror } = values;
  const odd = values.arch?.find((name) => !isArchitecture(name));
  if (odd !== undefined)
    throw new GreifError(
      'BAD_REQUEST',
      `--arch ${odd}: boot/ can be made for ${architectures.join(' and ')}`,
    );
  const files = await prepareBootFolder({
    projectFolder: path.resolve(import.meta.dirname, '../..'),
    architectures: values.arch?.filter(isArchitecture) ?? [],
    update,
    force,
    mirror,
    report: (line) => report(`boot/: ${line}`),
  });
  if (command === 'boot') report(`boot/ is ready: agent ${files.version}, kernel ${files.kernelRelease}`);
};

await prepare().catch((thrown) => {
  const error = asGreifError(thrown);
  report(error.message);
  process.exitCode = errorCatalogue[error.code].exit;
});
