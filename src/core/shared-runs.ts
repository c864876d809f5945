/**
 * Runs `work` one at a time, for all at once that asked while the run before was under way: each caller gets a run that began after it asked.
 */
export const sharedRuns = <Result>(work: () => Promise<Result>): (() => Promise<Result>) => {
  let last: Promise<unknown> = Promise.resolve();
  let next: Promise<Result> | undefined;
  return () => {
    next ??= last.then(() => {
      next = undefined;
      return work();
    });
    last = next.catch(() => {});
    return next;
  };
};
