import { writeFile } from 'node:fs/promises';
import type { Run } from './programs.ts';

/** Starts the PC anew: by the program, and by the kernel's own emergency key when that fails (sysrq.rst, "b"). */
export const reboot = async (run: Run): Promise<void> => {
  await run('sync', []);
  await run('reboot', ['-f']).catch(() => writeFile('/proc/sysrq-trigger', 'b'));
};
