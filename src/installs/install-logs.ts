import { appendFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Log } from '../core/log.ts';
import { unlessMissing } from '../core/missing.ts';
import { Turns } from '../core/turns.ts';

const mostOrders = 500;
const longestLine = 1000;
/** A file that has grown beyond this loses its older half. */
const mostBytes = 1024 * 1024;
const shownLines = 200;

/** What installers have logged: a text file an order, which outlives the appliance. Of the newest orders, and of each the last mebibyte. */
export interface InstallLogs {
  add(orderId: number, line: string): void;
  /** Oldest first; none when nothing was heard. All that was added before is in it. */
  tail(orderId: number, lines?: number): Promise<string[]>;
  /** Returns when all is written. */
  close(): Promise<void>;
}

/** Lines that could not be written are lost: that is logged, and no installation fails for it. */
export const openInstallLogs = async (folder: string, log: Log): Promise<InstallLogs> => {
  await mkdir(folder, { recursive: true });
  const pending = new Map<number, string[]>();
  const oneAtATime = new Turns(1);
  const fileOf = (orderId: number): string => path.join(folder, `${orderId}.log`);

  /** Orders are numbered in the order of their filing. */
  const forgetOldest = async (): Promise<void> => {
    const orders = (await readdir(folder)).map((name) => Number.parseInt(name, 10));
    for (const orderId of orders.sort((one, other) => other - one).slice(mostOrders))
      await rm(fileOf(orderId), { force: true });
  };

  const write = async (orderId: number): Promise<void> => {
    const lines = pending.get(orderId) ?? [];
    pending.delete(orderId);
    const file = fileOf(orderId);
    const before = await stat(file).catch(unlessMissing);
    await appendFile(file, lines.map((line) => `${line}\n`).join(''));
    if (!before) await forgetOldest();
    if ((before?.size ?? 0) < mostBytes) return;
    const text = await readFile(file, 'utf8');
    const half = text.slice(text.indexOf('\n', text.length / 2) + 1);
    await writeFile(`${file}.half`, half);
    await rename(`${file}.half`, file);
  };

  return {
    add(orderId, line) {
      const lines = pending.get(orderId);
      if (lines) {
        lines.push(line.slice(0, longestLine));
        return;
      }
      pending.set(orderId, [line.slice(0, longestLine)]);
      oneAtATime
        .run(() => write(orderId))
        .catch((error: Error) =>
          log.warn('an installer’s log could not be kept', { orderId, reason: error.message }),
        );
    },
    tail: (orderId, lines = shownLines) =>
      oneAtATime.run(async () => {
        const text = (await readFile(fileOf(orderId), 'utf8').catch(unlessMissing)) ?? '';
        return text.split('\n').slice(0, -1).slice(-lines);
      }),
    close: () => oneAtATime.run(async () => {}),
  };
};
