import type { RemoteInfo, Socket } from 'node:dgram';
import { performance } from 'node:perf_hooks';
import { asGreifError, errorCatalogue } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { decodeTftp, encodeTftp, type TftpErrorCode, type TftpPacket } from '../../wire/tftp/packet.ts';
import type { BootFolder } from '../boot-folder.ts';
import { ownSockets, type Sockets } from '../network/sockets.ts';
import { negotiate } from './negotiate.ts';
import { type Outcome, Transfer } from './transfer.ts';
import { Transfers } from './transfers.ts';

export interface TftpServerOptions {
  address: string;
  port: number;
  /** Holds all sockets to this interface. */
  device?: string | undefined;
  sockets?: Sockets;
  files: BootFolder;
  log: Log;
  limits?: { perClient: number; inAll: number };
}

export interface TftpServer {
  port: number;
  close(): Promise<void>;
}

type Request = Extract<TftpPacket, { kind: 'RRQ' | 'WRQ' }>;

const defaultLimits = { perClient: 8, inAll: 1024 };

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

/** Sends files of `files`, read-only. Throws PORT_UNAVAILABLE. */
export const startTftpServer = async (options: TftpServerOptions): Promise<TftpServer> => {
  const { address, device, files, log, limits = defaultLimits, sockets = ownSockets } = options;
  const openSocket = (port: number) => sockets.udp({ address, port, device });
  const socket = await openSocket(options.port);
  const transfers = new Transfers(limits);
  let isClosed = false;

  const send = (packet: TftpPacket, to: RemoteInfo, from: Socket = socket) =>
    from.send(encodeTftp(packet), to.port, to.address);

  const serve = async (request: Request, client: RemoteInfo): Promise<void> => {
    if (request.kind === 'WRQ') throw new Refusal(2, 'this server is read-only');
    if (request.mode !== 'octet')
      throw new Refusal(4, `mode ${request.mode} is not served, ask for octet (binary)`);
    const file = await files.open(request.filename);
    const startedAt = performance.now();
    let outcome: Outcome = 'failed';
    try {
      const own = await openSocket(0);
      const terms = negotiate(request.options, file.sizeBytes);
      const transfer = new Transfer(own, client, file, terms, log);
      transfers.add(client, transfer);
      outcome = await transfer.done;
    } finally {
      await file.close();
    }
    const fields = {
      client: client.address,
      file: request.filename,
      ms: Math.round(performance.now() - startedAt),
    };
    log[outcome === 'timed out' ? 'warn' : 'debug'](`TFTP: ${outcome}`, fields);
  };

  const onMessage = async (bytes: Buffer, client: RemoteInfo): Promise<void> => {
    // Port 0 cannot be answered; only a forged packet has it.
    if (client.port === 0) return;
    try {
      const packet = decodeTftp(bytes);
      if (packet.kind !== 'RRQ' && packet.kind !== 'WRQ') return;
      // A request that is repeated because our first answer was late starts nothing new.
      if (!transfers.admit(client)) return;
      try {
        await serve(packet, client);
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
      if (!isClosed) send({ kind: 'ERROR', code, message }, client);
    }
  };

  socket.on('message', onMessage);
  socket.on('error', (error) => log.error('the TFTP socket failed', { address, reason: error.message }));
  return {
    port: socket.address().port,
    async close() {
      isClosed = true;
      await new Promise<void>((resolve) => socket.close(resolve));
      await transfers.stop();
    },
  };
};
