import { spawn } from 'node:child_process';
import { GreifError } from '../../core/errors.ts';

export interface Limits {
  timeLimitMs: number;
  /** What is kept of the output; the rest is read and thrown away. */
  outputChars: number;
  signal: AbortSignal;
}

export interface LimitedRun {
  outcome: 'done' | 'failed' | 'timed-out';
  exitStatus?: number;
  /** Standard output and standard error as they came. */
  output: string;
  cut: boolean;
  durationMs: number;
}

/** These lines reach terminals, logs and JSON: no control characters but line ends and tabs. */
const printable = (text: string): string =>
  text.replaceAll('\r\n', '\n').replace(/[^\P{Cc}\n\t]/gu, '\u{fffd}');

/** Keeps the beginning of a stream of text. */
const collect = (most: number) => {
  let kept = '';
  let cut = false;
  return {
    add(text: string): void {
      cut ||= kept.length + text.length > most;
      kept += text.slice(0, most - kept.length);
    },
    result: () => ({ output: printable(kept), cut }),
  };
};

/** Runs a program that is nobody's friend. Throws STEP_FAILED when it cannot even be started, and what the signal says. */
export const runLimited = (
  [program = '', ...args]: readonly string[],
  { timeLimitMs, outputChars, signal }: Limits,
): Promise<LimitedRun> =>
  new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], signal, killSignal: 'SIGKILL' });
    const output = collect(outputChars);
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => output.add(text));
    let late = false;
    const limit = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, timeLimitMs);
    child.on('error', (cause) => {
      clearTimeout(limit);
      const why = new GreifError('STEP_FAILED', `${program} cannot be run: ${cause.message}`, { cause });
      reject(signal.aborted ? signal.reason : why);
    });
    child.on('close', (status) => {
      clearTimeout(limit);
      const outcome = late ? 'timed-out' : status === 0 ? 'done' : 'failed';
      const exitStatus = late || status === null ? {} : { exitStatus: status };
      const durationMs = Math.round(performance.now() - started);
      resolve({ outcome, ...exitStatus, ...output.result(), durationMs });
    });
  });
