import type { Socket } from 'node:dgram';
import type { Log } from '../core/log.ts';
import type { Service } from '../core/start-all.ts';
import { readSyslog, type SyslogLine } from './syslog-message.ts';

/** Hands on what installers log to this socket. What is no syslog message is left alone. Closing closes the socket. */
export const startSyslogServer = (
  socket: Socket,
  heard: (address: string, line: SyslogLine) => void,
  log: Log,
): Service => {
  socket.on('message', (datagram, { address }) => {
    const line = readSyslog(datagram);
    if (line) heard(address, line);
  });
  socket.on('error', (error) => log.warn('syslog: a message could not be read', { reason: error.message }));
  return { close: () => new Promise((resolve) => void socket.close(() => resolve())) };
};
