import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { GreifError } from '../../core/errors.ts';

export interface ToolEnd {
  /** −1: it was killed. */
  status: number;
  /** The last line of what it complained about, without its own name in front. */
  complaint: string;
}

export interface RunningTool extends ChildProcessWithoutNullStreams {
  /** Throws INTERNAL when the program is not installed, the signal's reason when it was aborted. */
  ended: Promise<ToolEnd>;
}

/** `env`'s exit status when the program it should become is not there. */
const notInstalled = 127;

/** Starts one of Debian's programs; its messages are in English, whatever the operator speaks. */
export const startTool = (program: string, args: string[], signal?: AbortSignal): RunningTool => {
  const child = spawn('env', ['LC_ALL=C', program, ...args], {
    ...(signal && { signal, killSignal: 'SIGKILL' }),
  });
  let complaints = '';
  child.stderr.on('data', (piece: Buffer) => {
    complaints = (complaints + piece.toString()).slice(-4096);
  });
  const ended = new Promise<ToolEnd>((resolve, reject) => {
    child.once('error', (cause) => reject(signal?.reason ?? cause));
    child.once('close', (status) => {
      const missing = `the program ${program} is not installed: "npm start" installs what is missing`;
      if (status === notInstalled) reject(new GreifError('INTERNAL', missing));
      else resolve({ status: status ?? -1, complaint: lastLine(complaints) });
    });
  });
  ended.catch(() => {}); // whoever waits for it meets it
  return Object.assign(child, { ended });
};

const lastLine = (text: string): string => (text.trim().split('\n').at(-1) ?? '').replace(/^\S+: /, '');

/** A program that found the disk full, as writing there ourselves would say it: ENOSPC. */
export const assertRoomFor = ({ complaint }: Pick<ToolEnd, 'complaint'>): void => {
  if (/No space left/.test(complaint)) throw Object.assign(new Error(complaint), { code: 'ENOSPC' });
};

const maximumOutput = 256 * 1024 * 1024;

/** Runs a program to its end. */
export const runTool = async (
  program: string,
  args: string[],
  signal?: AbortSignal,
  input = '',
): Promise<ToolEnd & { output: string }> => {
  const child = startTool(program, args, signal);
  child.stdin.on('error', () => {}); // a program that reads no more says why by its status
  child.stdin.end(input);
  const output: Buffer[] = [];
  let length = 0;
  child.stdout.on('data', (piece: Buffer) => {
    length += piece.length;
    if (length > maximumOutput) child.kill('SIGKILL');
    else output.push(piece);
  });
  return { ...(await child.ended), output: Buffer.concat(output).toString() };
};
