import { type FileHandle, open } from 'node:fs/promises';

interface OpenFile {
  handle: Promise<FileHandle>;
  users: number;
  usedAt: number;
  /** Out of the cache: closed when its last user has done. */
  dropped: boolean;
}

/** A file that nobody reads is closed: one that was removed must give its room back. */
const idleMilliseconds = 5000;

/** Files that stay open for the next read, at most `most` beside those in use: the kernel reads ahead for each. Missing files are `undefined`. */
export const openFiles = (most: number) => {
  const files = new Map<string, OpenFile>();
  let sweeps = false;

  const closeUnused = async ({ handle, users, dropped }: OpenFile): Promise<void> => {
    if (users === 0 && dropped) await (await handle).close();
  };

  const drop = async (file: string): Promise<void> => {
    const found = files.get(file);
    if (!found) return;
    files.delete(file);
    found.dropped = true;
    await closeUnused(found).catch(() => {});
  };

  const sweep = (): void => {
    for (const [file, { usedAt }] of files)
      if (performance.now() - usedAt > idleMilliseconds) void drop(file);
    sweeps = false;
    if (files.size > 0) sweepLater();
  };

  const sweepLater = (): void => {
    if (!sweeps) setTimeout(sweep, idleMilliseconds).unref();
    sweeps = true;
  };

  const take = (file: string): OpenFile => {
    const found = files.get(file) ?? { handle: open(file, 'r'), users: 0, usedAt: 0, dropped: false };
    found.users++;
    found.usedAt = performance.now();
    files.delete(file); // to the end: the first is the one that was not used for longest
    files.set(file, found);
    const [oldest] = files.keys();
    if (files.size > most && oldest !== undefined) void drop(oldest);
    sweepLater();
    return found;
  };

  return {
    async use<Result>(
      file: string,
      work: (handle: FileHandle) => Promise<Result>,
    ): Promise<Result | undefined> {
      const taken = take(file);
      try {
        return await work(await taken.handle);
      } catch (thrown) {
        if (files.get(file) === taken) files.delete(file);
        taken.dropped = true;
        if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw thrown;
      } finally {
        taken.users--;
        await closeUnused(taken).catch(() => {});
      }
    },
    /** Forgets a file that is replaced or gone. */
    drop,
  };
};
