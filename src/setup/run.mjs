/**
 * Behind every npm script: `npm start`, `npm test`, `npm run lab|bench|e2e|boot`. Plain JavaScript without packages, because it runs on
 * whatever Node the machine has: it installs the npm packages, then everything else runs on the pinned Node 24 among them.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { commands, helpText } from './commands.mjs';
import { bin, installNpmPackages, npmPackagesAreMissing, project } from './npm-packages.mjs';
import { runChild } from './run-child.mjs';

const [name = '', ...args] = process.argv.slice(2);
const command = commands[name];
const ownFlags = new Set(['--yes', '-y']);
const wantsHelp = args.includes('--help') || args.includes('-h');

// The pinned Node and its tools come first, also for what the programs start themselves.
const env = { ...process.env, PATH: `${bin}${path.delimiter}${process.env.PATH ?? ''}` };
const node = path.join(bin, 'node');
const runNode = (script, scriptArgs) => runChild(node, [path.join(project, script), ...scriptArgs], { env });

const main = async () => {
  if (!command) {
    console.error(`There is no command "${name}". Use ${Object.keys(commands).join(', ')}.`);
    return 2;
  }
  if (wantsHelp) console.log(helpText(name));
  if (wantsHelp && (npmPackagesAreMissing() || !command.program || !command.hasHelp)) return 0;
  if (!wantsHelp) {
    await installNpmPackages();
    const preparing = args.filter((arg) => ownFlags.has(arg) || !command.program);
    // Of `npm run e2e -- NAME` the name: not each needs the same packages.
    const [what = '-'] = command.program ? args.filter((arg) => !ownFlags.has(arg)) : [];
    const named = what.startsWith('-') ? [] : [what];
    const status = await runNode('src/setup/prepare.ts', [name, ...named, ...preparing]);
    if (status !== 0 || !command.program) return status;
  }
  if (!existsSync(path.join(project, command.program))) {
    console.error(`${command.program} is not part of this version.`);
    return 2;
  }
  return runNode(
    command.program,
    args.filter((arg) => !ownFlags.has(arg)),
  );
};

main().then(
  (status) => {
    process.exitCode = status;
  },
  (error) => {
    console.error(`set-up: ${error.message}`);
    process.exitCode = 1;
  },
);
