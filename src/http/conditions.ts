import type { IncomingHttpHeaders } from 'node:http';

/** What a client may hold an older copy against. */
export interface Validators {
  /** Strong, in its quotes. */
  etag: string;
  /** Milliseconds since 1970. */
  modifiedAt: number;
}

const tagList = (header: string): string[] => header.match(/(?:W\/)?"[^"]*"|\*/g) ?? [];

/** RFC 9110 section 8.8.3.2: for caches a weak tag is as good as a strong one. */
const matchesWeakly = (header: string, etag: string): boolean =>
  tagList(header).some((tag) => tag === '*' || tag.replace(/^W\//, '') === etag);

const matchesStrongly = (header: string, etag: string): boolean =>
  tagList(header).some((tag) => tag === '*' || tag === etag);

/** HTTP dates have whole seconds. `undefined` for what is no date, which counts as not said. */
const unchangedSince = (header: string | undefined, modifiedAt: number): boolean | undefined => {
  const since = Date.parse(header ?? '');
  return Number.isNaN(since) ? undefined : Math.floor(modifiedAt / 1000) * 1000 <= since;
};

/** What the conditions of a GET or HEAD lead to, in the order of RFC 9110 section 13.2.2. */
export const checkConditions = (
  headers: IncomingHttpHeaders,
  { etag, modifiedAt }: Validators,
): 'go-on' | 'not-modified' | 'precondition-failed' => {
  const ifMatch = headers['if-match'];
  const ifNoneMatch = headers['if-none-match'];
  if (ifMatch !== undefined) {
    if (!matchesStrongly(ifMatch, etag)) return 'precondition-failed';
  } else if (unchangedSince(headers['if-unmodified-since'], modifiedAt) === false)
    return 'precondition-failed';
  if (ifNoneMatch !== undefined) return matchesWeakly(ifNoneMatch, etag) ? 'not-modified' : 'go-on';
  return unchangedSince(headers['if-modified-since'], modifiedAt) ? 'not-modified' : 'go-on';
};

/**
 * Whether a range may be taken from the file as it is now. A date never says so: it is whole seconds, and two files may have been put there within one
 * (RFC 9110 section 13.1.5 wants a strong validator).
 */
export const rangeStillFits = (ifRange: string | string[] | undefined, etag: string): boolean =>
  ifRange === undefined || ifRange === etag;
