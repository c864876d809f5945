const keptMs = 30_000;
const keptAtMost = 4096;

/**
 * What is made for each request, for clients that ask twice: GRUB asks by HEAD for the length before it GETs, and would otherwise
 * begin two boots. The answer to a HEAD is kept for the GET that follows.
 */
export const askedTwice = (make: (path: string) => Promise<string | undefined>) => {
  const kept = new Map<string, { text: string; until: number }>();
  return async (path: string, method: string | undefined): Promise<string | undefined> => {
    const before = kept.get(path);
    kept.delete(path);
    if (method === 'GET' && before && before.until > performance.now()) return before.text;
    const text = await make(path);
    if (method !== 'HEAD' || text === undefined) return text;
    const [oldest] = kept.keys();
    if (kept.size >= keptAtMost && oldest !== undefined) kept.delete(oldest);
    kept.set(path, { text, until: performance.now() + keptMs });
    return text;
  };
};
