import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { asGreifError, errorCatalogue } from '../core/errors.ts';
import { exitOnMisuse } from '../core/misuse.ts';
import { addBootVerbs } from './boot.ts';
import { addDhcpVerbs } from './dhcp.ts';
import { addDriverVerbs } from './driver.ts';
import { addImageVerbs } from './image.ts';
import { addKeyVerbs } from './key.ts';
import { addLeaseVerbs } from './lease.ts';
import { addMachineVerbs } from './machine.ts';
import { addOrderVerbs } from './order.ts';
import { addProfileVerbs } from './profile.ts';
import { addRoomVerbs } from './room.ts';
import { addScriptVerbs } from './script.ts';
import { tellFailure } from './session.ts';
import { addSourceVerbs } from './source.ts';
import { addStoreVerbs } from './store.ts';
import { addTemplateVerbs } from './template.ts';
import { addVariableVerbs } from './variable.ts';

const version = (): string =>
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;

const createProgram = (): Command => {
  const program = new Command('greif')
    .description('Network boot and imaging for rooms of PCs')
    .version(version())
    .showHelpAfterError('(greif --help shows what there is)');
  // Before the verbs are made: they inherit it, and a wrong call then ends with our exit status.
  program.exitOverride(exitOnMisuse);
  addMachineVerbs(program);
  addRoomVerbs(program);
  addImageVerbs(program);
  addKeyVerbs(program);
  addStoreVerbs(program);
  addOrderVerbs(program);
  addDriverVerbs(program);
  addTemplateVerbs(program);
  addSourceVerbs(program);
  addScriptVerbs(program);
  addProfileVerbs(program);
  addVariableVerbs(program);
  addDhcpVerbs(program);
  addBootVerbs(program);
  addLeaseVerbs(program);
  return program;
};

/** Runs one call of the CLI. Its exit status is that of the error catalogue; 2 for a call that is wrong in itself. */
const run = async (args: string[]): Promise<void> => {
  try {
    await createProgram().parseAsync(args, { from: 'user' });
  } catch (thrown) {
    const error = asGreifError(thrown);
    tellFailure(error, args.includes('--json'));
    process.exitCode = errorCatalogue[error.code].exit;
  }
};

// A reader that has seen enough (`greif order list | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
await run(process.argv.slice(2));
