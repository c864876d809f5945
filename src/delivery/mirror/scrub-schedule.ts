import { readFile, stat } from 'node:fs/promises';
import type { Service } from '../../core/start-all.ts';
import { scrubbedToFile } from '../../image/transfer/scrub.ts';

const lookEveryMilliseconds = 3600_000;
const dayMilliseconds = 24 * 3600_000;

/** Whether a scrub was stopped half-way, or the last whole one is so many days ago, or there was none. 0 days: never. */
export const isScrubDue = async (folder: string, everyDays: number, now: number): Promise<boolean> => {
  if (everyDays === 0) return false;
  const file = scrubbedToFile(folder);
  const [position, found] = await Promise.all([
    readFile(file, 'utf8').catch(() => undefined),
    stat(file).catch(() => undefined),
  ]);
  return position !== '' || found === undefined || now - found.mtimeMs > everyDays * dayMilliseconds;
};

/** Looks every hour whether a scrub is due, and begins it. */
export const scheduleScrubs = (options: { folder: string; everyDays: number; begin(): unknown }): Service => {
  const { folder, everyDays, begin } = options;
  const timer = setInterval(async () => {
    if (await isScrubDue(folder, everyDays, Date.now())) begin();
  }, lookEveryMilliseconds);
  return { close: async () => clearInterval(timer) };
};
