/** A line of a syslog message, as people read it. */
export interface SyslogLine {
  /** The program that said it, where it is told. */
  program?: string | undefined;
  text: string;
}

/** `<PRI>`, then either RFC 5424's version, time, host, program, process and message id, or RFC 3164's time and host, or neither. */
const priority = /^<(\d{1,3})>/;
const rfc5424 = /^1 \S+ \S+ (\S+) \S+ \S+ (?:-|(?:\[(?:[^\]\\]|\\.)*\])+)(?: (?:\uFEFF)?([\s\S]*))?$/;
const rfc3164 = /^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (?:(\S+) )?/;
const tag = /^([\w./-]{1,48})(?:\[\d+\])?: ?/;

const printable = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ').trim();

/** Reads a datagram; `undefined` for one that is no syslog message. BusyBox' syslogd sends neither time nor host. Pure. */
export const readSyslog = (datagram: Buffer): SyslogLine | undefined => {
  const message = datagram.toString('utf8');
  const [head, value] = priority.exec(message) ?? [];
  if (head === undefined || Number(value) > 191) return undefined;
  const rest = message.slice(head.length);
  const modern = rfc5424.exec(rest);
  if (modern) {
    const [, program, text = ''] = modern;
    return { program: program === '-' ? undefined : program, text: printable(text) };
  }
  // Whether the word behind the time is a host or the program is told by its colon.
  const [stamp = '', host] = rfc3164.exec(rest) ?? [];
  const isHost = host !== undefined && !host.endsWith(':');
  const said = rest.slice(isHost ? stamp.length : stamp.length - (host?.length ?? -1) - 1);
  const [named = '', program] = tag.exec(said) ?? [];
  return { program, text: printable(said.slice(named.length)) };
};
