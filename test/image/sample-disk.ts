import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Partitions a file (or device) by a script for `sfdisk`. */
export const sfdisk = async (file: string, script: string): Promise<void> => {
  const child = spawn('sfdisk', ['--quiet', '--no-reread', file], { stdio: ['pipe', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (piece) => (said += piece));
  child.stdin.end(script);
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(`sfdisk: ${said}`);
};
