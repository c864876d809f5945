/** Addresses as numbers, first and last included. */
export interface Range {
  first: number;
  last: number;
}

export const sizeOf = (ranges: readonly Range[]): number =>
  ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);

export const overlap = (one: Range, other: Range): boolean =>
  one.first <= other.last && other.first <= one.last;

/** What is left of one range without another. */
const without = (range: Range, hole: Range): Range[] =>
  overlap(range, hole)
    ? [
        { first: range.first, last: hole.first - 1 },
        { first: hole.last + 1, last: range.last },
      ].filter(({ first, last }) => first <= last)
    : [range];

/** The ranges without the holes, in rising order. */
export const subtract = (ranges: readonly Range[], holes: readonly Range[]): Range[] => {
  const left: Range[] = [];
  const rising = holes.toSorted((a, b) => a.first - b.first);
  for (let range of ranges.toSorted((a, b) => a.first - b.first)) {
    for (const hole of rising) {
      if (!overlap(range, hole)) continue;
      const parts = without(range, hole);
      const rest = parts.at(-1);
      left.push(...parts.filter((part) => part !== rest));
      range = rest ?? { first: 1, last: 0 };
    }
    if (range.first <= range.last) left.push(range);
  }
  return left;
};

/** Whether one of the ranges, which must rise and not overlap, holds the number. */
export const holds = (ranges: readonly Range[], number: number): boolean => {
  let [low, high] = [0, ranges.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const { first, last } = ranges[middle] as Range;
    if (number < first) high = middle - 1;
    else if (number > last) low = middle + 1;
    else return true;
  }
  return false;
};
