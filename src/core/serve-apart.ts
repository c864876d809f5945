import { asGreifError } from './errors.ts';
import type { ApartMessage } from './run-apart.ts';

const progressMilliseconds = 200;

const tell = (message: ApartMessage): Promise<void> =>
  new Promise((resolve) => (process.connected ? process.send?.(message, () => resolve()) : resolve()));

/** What the work has of the process that asked for it. */
export interface ApartTools<Progress> {
  /** Told five times a second at most, and at the end. */
  report(progress: Progress): void;
  signal: AbortSignal;
}

/** The other end of `runApart`: does one piece of work, tells how it went, and ends. It ends with whoever started it. */
export const serveApart = <Request, Progress extends { doneBytes: number; totalBytes: number }, Result>(
  work: (request: Request, tools: ApartTools<Progress>) => Promise<Result>,
): void => {
  const stop = new AbortController();
  for (const end of ['disconnect', 'SIGTERM']) process.once(end, () => stop.abort());
  let told = 0;
  const report = (progress: Progress): void => {
    const now = performance.now();
    if (now - told < progressMilliseconds && progress.doneBytes < progress.totalBytes) return;
    told = now;
    void tell({ kind: 'progress', progress });
  };
  process.once('message', async (request: Request) => {
    await tell(
      await work(request, { report, signal: stop.signal }).then(
        (result): ApartMessage => ({ kind: 'done', result }),
        (thrown: unknown): ApartMessage => {
          const { code, message, details } = asGreifError(thrown);
          return { kind: 'failed', code, message, details };
        },
      ),
    );
    process.exit();
  });
};
