/** Starts work on the next `depth` items while the first is waited for; results come in the order of the items. */
export async function* ahead<Item, Result>(
  items: Iterable<Item>,
  depth: number,
  start: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const started: Promise<Result>[] = [];
  for (const item of items) {
    const result = start(item);
    result.catch(() => {}); // it is met again when its turn comes, if it comes
    started.push(result);
    if (started.length >= depth) yield (await started.shift()) as Result;
  }
  for (const result of started) yield await result;
}
