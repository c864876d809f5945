import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Appliance } from '../api/appliance.ts';

export const launcher = join(import.meta.dirname, '../../src/cli/greif.sh');

export interface Outcome {
  status: number | null;
  out: string;
  err: string;
}

/** Starts the real command. `spoke` resolves at its first text on standard error, `ended` when it has ended. */
export const startGreif = (args: string[]) => {
  const child = spawn(launcher, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const spoke = once(child.stderr, 'data');
  const told = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    told.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    told.err += text;
  });
  const ended: Promise<Outcome> = once(child, 'close').then(() => ({ status: child.exitCode, ...told }));
  return { child, spoke, ended };
};

/** Runs the real command against this appliance. */
export const greif = ({ admin }: Pick<Appliance, 'admin'>, ...args: string[]): Promise<Outcome> =>
  startGreif([...args, '--url', admin]).ended;
