import type { Log } from '../core/log.ts';

const keptLines = 50;
const lineLength = 1000;

/** The agent's log: every line goes to the serial console, and the last ones along with a failure to the appliance. */
export interface AgentLog extends Log {
  lastLines(): string[];
}

const render = (level: string, message: string, fields: object): string =>
  [
    level === 'info' ? message : `${level}: ${message}`,
    ...Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`),
  ]
    .join(' ')
    .replace(/[^\x20-\x7e]+/g, ' ')
    .slice(0, lineLength);

/** @param print is given each line, without the time: the console has little room. */
export const createAgentLog = (print: (line: string) => void): AgentLog => {
  const lines: string[] = [];
  const write = (level: string, message: string, fields: object): void => {
    const line = render(level, message, fields);
    lines.push(`${new Date().toISOString()} ${line}`);
    if (lines.length > keptLines) lines.shift();
    print(line);
  };
  const withFields = (own: object): AgentLog => {
    const at =
      (level: string) =>
      (message: string, fields: object = {}): void =>
        write(level, message, { ...own, ...fields });
    return {
      debug() {},
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: (fields) => withFields({ ...own, ...fields }),
      lastLines: () => [...lines],
    };
  };
  return withFields({});
};
