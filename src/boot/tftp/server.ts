import type { RemoteInfo } from 'node:dgram';
import { performance } from 'node:perf_hooks';
import { asGreifError, errorCatalogue } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { decodeTftp, encodeTftp, type TftpErrorCode, type TftpPacket } from '../../wire/tftp/packet.ts';
import type { BootFile, BootFolder } from '../boot-folder.ts';
import { noJournal, type StepSink } from '../journal/ports.ts';
import type { Note } from '../journal/step.ts';
import { ownSockets, type Sockets } from '../network/sockets.ts';
import type { Content } from './byte-source.ts';
import { askedStep, endedStep, refusedStep } from './journal-steps.ts';
import { negotiate, type Terms } from './negotiate.ts';
import { requestedPath } from './requested-path.ts';
import { TransferThread } from './transfer-thread.ts';
import { type TransferLimits, Transfers } from './transfers.ts';

export interface TftpServerOptions {
  address: string;
  port: number;
  /** Holds all sockets to this interface. */
  device?: string | undefined;
  sockets?: Sockets;
  files: BootFolder;
  journal?: StepSink;
  log: Log;
  limits?: TransferLimits;
}

export interface TftpServer {
  port: number;
  close(): Promise<void>;
}

type Request = Extract<TftpPacket, { kind: 'RRQ' | 'WRQ' }>;

const receiveBufferBytes = 4 * 1024 * 1024;
/** Enough for every PC of a large building at once: one that is not admitted falls silent, and firmware gives up after 24 s. A transfer holds 64 KiB. */
const defaultLimits = { perClient: 8, inAll: 4096 };

/** What a refusal says on the wire (RFC 1350 section 5). */
class Refusal extends Error {
  readonly code: TftpErrorCode;
  constructor(code: TftpErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

const refusalOf = (fault: unknown): Refusal => {
  if (fault instanceof Refusal) return fault;
  const error = asGreifError(fault);
  const translation = errorCatalogue[error.code];
  return 'tftp' in translation
    ? new Refusal(translation.tftp, error.message)
    : new Refusal(0, 'the server failed');
};

/** Throws Refusal. */
const modeOf = ({ kind, mode }: Request): Terms['mode'] => {
  if (kind === 'WRQ') throw new Refusal(2, 'this server is read-only');
  if (mode === 'octet' || mode === 'netascii') return mode;
  throw new Refusal(4, `mode ${mode} is not served, ask for octet (binary)`);
};

/** What is not a file on the disk is small and goes along whole. */
const contentOf = async (file: BootFile): Promise<Content> => {
  const { descriptor, sizeBytes } = file;
  if (descriptor !== undefined) return { fd: descriptor, sizeBytes };
  const bytes = Buffer.alloc(sizeBytes);
  if ((await file.read(bytes, 0)) < sizeBytes) throw new Error('the file is shorter than it says');
  return { bytes };
};

/** Sends files of `files`, read-only. Throws PORT_UNAVAILABLE. */
export const startTftpServer = async (options: TftpServerOptions): Promise<TftpServer> => {
  const {
    address,
    device,
    files,
    log,
    limits = defaultLimits,
    sockets = ownSockets,
    journal = noJournal,
  } = options;
  const socket = await sockets.udp({ address, port: options.port, device });
  // Room for the requests of a building that is switched on at once; Linux gives of it what net.core.rmem_max allows.
  socket.setRecvBufferSize(receiveBufferBytes);
  const thread = new TransferThread({ address, device });
  const transfers = new Transfers(limits);
  let isClosed = false;

  const serve = async (request: Request, client: RemoteInfo, asked: Note): Promise<void> => {
    const mode = modeOf(request);
    const file = await files.open(requestedPath(request.filename));
    const startedAt = performance.now();
    try {
      const terms = negotiate(mode, request.options, file.sizeBytes);
      const peer = { address: client.address, port: client.port };
      const { stop, done } = thread.begin({ peer, content: await contentOf(file), terms });
      transfers.begun(client, stop);
      const ending = await done;
      const { outcome, reason } = ending;
      const ms = Math.round(performance.now() - startedAt);
      journal.note(endedStep(asked, ending, file.sizeBytes, ms));
      const level = outcome === 'timed out' || outcome === 'failed' ? 'warn' : 'debug';
      log[level](`TFTP: ${outcome}`, { client: client.address, file: request.filename, ms, reason });
    } finally {
      await file.close();
    }
  };

  const onMessage = async (bytes: Buffer, client: RemoteInfo): Promise<void> => {
    // Port 0 cannot be answered; only a forged packet has it.
    if (client.port === 0) return;
    try {
      const packet = decodeTftp(bytes);
      if (packet.kind !== 'RRQ' && packet.kind !== 'WRQ') return;
      // A request that is repeated because our first answer was late starts nothing new.
      if (isClosed || !transfers.admit(client)) return;
      const asked = askedStep(requestedPath(packet.filename), client.address);
      journal.note(asked);
      try {
        await serve(packet, client, asked);
      } catch (fault) {
        const { code, message } = refusalOf(fault);
        journal.note(refusedStep(asked, code, message));
        throw fault;
      } finally {
        transfers.remove(client);
      }
    } catch (fault) {
      const { code, message } = refusalOf(fault);
      log[code === 0 ? 'warn' : 'debug']('TFTP: refused', {
        client: client.address,
        code,
        reason: String(fault),
      });
      if (!isClosed) socket.send(encodeTftp({ kind: 'ERROR', code, message }), client.port, client.address);
    }
  };

  socket.on('message', onMessage);
  socket.on('error', (error) => log.error('the TFTP socket failed', { address, reason: error.message }));
  return {
    port: socket.address().port,
    async close() {
      isClosed = true;
      await new Promise<void>((resolve) => socket.close(resolve));
      await thread.close();
    },
  };
};
