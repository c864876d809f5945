import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { backOff } from '../../core/back-off.ts';
import type { Log } from '../../core/log.ts';
import type { Service } from '../../core/start-all.ts';

/** A program that ran so long had started well: the next attempt is a first one again. */
const settledMs = 60_000;
const stopWithinMs = 5_000;
const saidAtMost = 2_000;

/** The last that it said. */
const lastWords = (child: ChildProcess): (() => string) => {
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-saidAtMost);
    });
  return () => said.trim();
};

/** Runs a program until it is closed: one that ends by itself is started again, at ever longer intervals. It ends with this process at the latest. */
export const keepRunning = (name: string, program: string, args: readonly string[], log: Log): Service => {
  const closing = new AbortController();
  let child: ChildProcess | undefined;
  const run = async (): Promise<void> => {
    const delayOf = backOff();
    for (let attempt = 1; !closing.signal.aborted; attempt++) {
      const began = performance.now();
      child = spawn('setpriv', ['--pdeathsig', 'TERM', program, ...args], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const said = lastWords(child);
      await once(child, 'close').catch((thrown: Error) => log.error(`${name}: ${thrown.message}`));
      if (closing.signal.aborted) return;
      if (performance.now() - began > settledMs) attempt = 1;
      log.error(`${name} ended and is started again`, {
        status: child.exitCode,
        signal: child.signalCode,
        said: said(),
      });
      await sleep(delayOf(attempt), undefined, { signal: closing.signal }).catch(() => {});
    }
  };
  const running = run();
  return {
    async close() {
      closing.abort();
      child?.kill('SIGTERM');
      const late = setTimeout(() => child?.kill('SIGKILL'), stopWithinMs);
      await running;
      clearTimeout(late);
    },
  };
};
