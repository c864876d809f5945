import { once } from 'node:events';
import path from 'node:path';
import { startAppliance } from './appliance.ts';
import { readConfig } from './config.ts';
import { asGreifError, errorCatalogue } from './core/errors.ts';
import { createLog } from './core/log.ts';
import { welcome } from './welcome.ts';

const project = path.resolve(import.meta.dirname, '..');

const main = async (): Promise<void> => {
  const started = new AsyncDisposableStack();
  try {
    const config = await readConfig(process.argv.slice(2), project);
    const log = createLog({ level: config.log.level, format: process.stderr.isTTY ? 'human' : 'json' });
    const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
    await startAppliance(config, process.env, log, started);
    process.stdout.write(welcome(config));
    await stopped;
    process.stdout.write('Stopping.\n');
  } catch (thrown) {
    const error = asGreifError(thrown);
    for (const line of error.message.split('\n')) process.stderr.write(`greif: ${line}\n`);
    if (error.code === 'INTERNAL') process.stderr.write(`${error.stack}\n`);
    process.exitCode = errorCatalogue[error.code].exit;
  } finally {
    await started.disposeAsync();
  }
};

await main();
