import { writeFile } from 'node:fs/promises';
import type { Run } from './programs.ts';

/** By the program, and by the kernel's own emergency key when that fails (sysrq.rst). */
const end = async (program: 'reboot' | 'poweroff', key: 'b' | 'o', run: Run): Promise<void> => {
  await run('sync', []);
  await run(program, ['-f']).catch(() => writeFile('/proc/sysrq-trigger', key));
};

/** Starts the PC anew. */
export const reboot = (run: Run): Promise<void> => end('reboot', 'b', run);

/** Switches the PC off. */
export const powerOff = (run: Run): Promise<void> => end('poweroff', 'o', run);
