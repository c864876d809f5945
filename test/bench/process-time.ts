import { readFile } from 'node:fs/promises';

/** The kernel counts in hundredths of a second (USER_HZ) on every architecture that we run on. */
const ticksPerSecond = 100;

/** Processor time that a process has used so far, its own and the kernel's for it (proc(5): utime and stime of `stat`). */
export const cpuSeconds = async (pid: number): Promise<number> => {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The program's name, in brackets, may hold blanks.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
};
