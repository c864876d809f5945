import { EventEmitter, on } from 'node:events';
import type { Log } from '../../../src/core/log.ts';

export interface Line {
  level: string;
  message: string;
  fields: Record<string, unknown>;
}

export interface ReadableLog {
  log: Log;
  lines: Line[];
  /** Resolves with the next line, of those from now on, that is about this. */
  next(pattern: RegExp, fields?: object): Promise<Line>;
}

/** A log that is read by the test. */
export const readableLog = (): ReadableLog => {
  const lines: Line[] = [];
  const arrivals = new EventEmitter();
  const next = async (pattern: RegExp, fields: object = {}): Promise<Line> => {
    for await (const [line] of on(arrivals, 'line') as AsyncIterable<[Line]>)
      if (
        pattern.test(line.message) &&
        Object.entries(fields).every(([name, value]) => line.fields[name] === value)
      )
        return line;
    throw new Error('the log has ended');
  };
  const writer = (bound: object): Log => {
    const at =
      (level: string) =>
      (message: string, fields: object = {}) => {
        const line = { level, message, fields: { ...bound, ...fields } };
        lines.push(line);
        arrivals.emit('line', line);
      };
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: (fields) => writer({ ...bound, ...fields }),
    };
  };
  return { log: writer({}), lines, next };
};
