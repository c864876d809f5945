import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { ExecutionContext } from 'ava';
import { temporaryFolder } from '../temporary.ts';

const run = promisify(execFile);

/**
 * Runs a program of this folder in network, mount and process namespaces of its own, which vanish with all that runs in them. It is given a folder for
 * its files; its last line is its result as JSON.
 */
export const enterRoom = async (t: ExecutionContext, program: string): Promise<unknown> => {
  t.timeout(110_000);
  const folder = await temporaryFolder(t);
  const asRoot = process.getuid?.() === 0 ? [] : ['--map-root-user'];
  const namespaces = ['--net', '--mount-proc', '--pid', '--fork', '--kill-child'];
  const file = path.join(import.meta.dirname, program);
  const { stdout } = await run('unshare', [...asRoot, ...namespaces, process.execPath, file, folder], {
    timeout: 100_000,
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
};
