import winston from 'winston';

/** What a part needs of the log. `child` carries ids (boot, order, request) into every line below it. */
export interface Log {
  debug(message: string, fields?: object): void;
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
  child(fields: object): Log;
}

export interface LogOptions {
  level: 'error' | 'warn' | 'info' | 'debug';
  /** `human` on a terminal, `json` otherwise. */
  format: 'human' | 'json';
}

const human = winston.format.printf(({ timestamp, level, message, ...fields }) => {
  const rest = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('');
  return `${String(timestamp).slice(11, 19)} ${level} ${String(message)}${rest}`;
});

const levels = ['error', 'warn', 'info', 'debug'] as const;

const nothing = (): void => {};

/** Winston builds a line before it finds that nobody wants it; that costs on every packet. */
const onlyUpTo = (level: LogOptions['level'], logger: winston.Logger): Log => {
  const wanted = (one: LogOptions['level']) =>
    levels.indexOf(one) <= levels.indexOf(level)
      ? (message: string, fields?: object) => void logger[one](message, fields)
      : nothing;
  return {
    error: wanted('error'),
    warn: wanted('warn'),
    info: wanted('info'),
    debug: wanted('debug'),
    child: (fields) => onlyUpTo(level, logger.child(fields)),
  };
};

/** Lines go to standard error, so that standard output stays free for results. */
export const createLog = ({ level, format }: LogOptions): Log => {
  const { combine, timestamp, json } = winston.format;
  const logger = winston.createLogger({
    level,
    format: combine(timestamp(), format === 'human' ? human : json()),
    transports: [new winston.transports.Console({ stderrLevels: [...levels] })],
  });
  return onlyUpTo(level, logger);
};

export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
};
