import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { ExecutionContext } from 'ava';
import { temporaryFolder } from '../temporary.ts';

const run = promisify(execFile);

/**
 * Runs a program in network, mount and process namespaces of its own, which vanish with all that runs in them. Its first
 * argument is a folder for its files; its last line is its result as JSON.
 */
export const runInRoom = async (file: string, args: string[], withinMs: number): Promise<unknown> => {
  const asRoot = process.getuid?.() === 0 ? [] : ['--map-root-user'];
  const namespaces = ['--net', '--mount-proc', '--pid', '--fork', '--kill-child'];
  const { stdout } = await run('unshare', [...asRoot, ...namespaces, process.execPath, file, ...args], {
    timeout: withinMs,
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
};

/** The same for a program of this folder, as part of a test. */
export const enterRoom = async (t: ExecutionContext, program: string): Promise<unknown> => {
  t.timeout(110_000);
  return runInRoom(path.join(import.meta.dirname, program), [await temporaryFolder(t)], 100_000);
};
