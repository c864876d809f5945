/**
 * `npm test`: type check, lint, the fast suites, then the QEMU suites (not with `--quick`). Every step runs, whatever failed before; the last
 * line is the count of what really ran: "N passed, N failed".
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { type Count, countChecks, countTap, sumCounts } from './test-count.ts';

const project = path.resolve(import.meta.dirname, '../..');

/** Its output goes on to ours line by line. */
const runStep = (program: string, args: readonly string[]): Promise<{ status: number; lines: string[] }> =>
  new Promise((resolve) => {
    const child = spawn(program, args, { cwd: project, stdio: ['ignore', 'pipe', 'inherit'] });
    const lines: string[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      console.log(line);
    });
    child.on('error', (error) => console.log(`${program} cannot be run: ${error.message}`));
    child.on('close', (status) => resolve({ status: status ?? 1, lines }));
  });

const check = async (title: string, program: string, ...args: string[]): Promise<Count> => {
  console.log(`\n== ${title}`);
  const { status } = await runStep(program, args);
  return countChecks(status);
};

const suite = async (title: string, ...args: string[]): Promise<Count> => {
  console.log(`\n== ${title}`);
  const { status, lines } = await runStep('ava', ['--tap', ...args]);
  return countTap(lines, status);
};

const counts = [
  await check('type check', 'tsc', '--noEmit'),
  await check('lint and format', 'biome', 'check', '.'),
  await suite('tests'),
];
const qemuConfig = 'ava.qemu.config.js';
if (!process.argv.includes('--quick') && existsSync(path.join(project, qemuConfig)))
  counts.push(await suite('real firmware in QEMU', '--config', qemuConfig));

const { passed, failed } = sumCounts(counts);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
