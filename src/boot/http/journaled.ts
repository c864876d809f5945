import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { macOf } from '../../core/mac.ts';
import type { StepSink } from '../journal/ports.ts';
import type { Note, StepKind } from '../journal/step.ts';
import { clientOfGrubPath } from '../scripts/grub.ts';
import type { BootHttp } from './handler.ts';

const kindOf = ({ statusCode, writableFinished }: ServerResponse): StepKind => {
  if (statusCode === 404) return 'http-not-found';
  if (statusCode >= 400) return 'http-failed';
  return writableFinished ? 'http-sent' : 'http-aborted';
};

const clientAddress = (address: string | undefined): string | undefined => address?.replace(/^::ffff:/, '');

const decoded = (path: string): string => {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
};

/** The length that is promised. Node keeps no headers that `writeHead` was given, so they are read on their way. */
const promisedLength = (response: ServerResponse): (() => number | undefined) => {
  const writeHead = response.writeHead.bind(response);
  let length: number | undefined;
  response.writeHead = (status: number, ...rest: unknown[]) => {
    const headers = rest.find((part): part is OutgoingHttpHeaders => typeof part === 'object') ?? {};
    length = Number(headers['Content-Length']) || undefined;
    return (writeHead as (...all: unknown[]) => ServerResponse)(status, ...rest);
  };
  return () => length;
};

/** GRUB puts the PC's MAC into the name of its configuration. */
const grubWho = (file: string): Pick<Note, 'mac' | 'stage'> | undefined => {
  const mac = clientOfGrubPath(file)?.mac;
  return mac && { mac, stage: 'grub' };
};

/** Leaves a line in the boot journal for each script, when it is asked for, and each file, when it is sent. */
export const journaled =
  (serve: BootHttp, journal: StepSink): BootHttp =>
  (request, response) => {
    const { socket, method } = request;
    const startedAt = performance.now();
    const address = clientAddress(socket.remoteAddress);
    const lengthOf = promisedLength(response);
    if (!serve(request, response)) return false;
    const [path = '', query = ''] = (request.url ?? '').split('?', 2);
    const [, name] = /^\/boot\/files\/(.*)/s.exec(path) ?? /^\/(grub\/.*)/s.exec(path) ?? [];
    // EDK2 asks for the size first; that tells nothing.
    if (method !== 'GET') return true;
    const file = name === undefined ? path : decoded(name);
    const who: Omit<Note, 'kind'> =
      name === undefined
        ? { address, file, stage: 'ipxe', mac: macOf(new URLSearchParams(query).get('mac') ?? '') }
        : { address, file, ...grubWho(file) };
    if (name === undefined) journal.note({ kind: 'script', ...who });
    response.once('close', () => {
      const kind = kindOf(response);
      const ms = Math.round(performance.now() - startedAt);
      const reason = kind === 'http-failed' ? `HTTP status ${response.statusCode}` : undefined;
      if (name !== undefined || kind !== 'http-sent')
        journal.note({ kind, ...who, sizeBytes: lengthOf(), ms, reason });
    });
    return true;
  };
