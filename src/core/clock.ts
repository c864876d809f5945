/** The time as seen by rules; tests hand in one that stands still. Milliseconds since 1970. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();

/** ISO 8601 in UTC, as stored and shown. */
export const isoTime = (milliseconds: number): string => new Date(milliseconds).toISOString();
