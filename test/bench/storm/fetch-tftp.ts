import { createSocket } from 'node:dgram';
import { decodeTftp, encodeTftp } from '../../../src/wire/tftp/packet.ts';

/** As EDK2 does: one block at a time, and what got no answer is sent again after 4 s, six times. */
const blksize = 1468;
const pauseMs = 4000;
const attempts = 6;
const dataOpcode = 3;

const ackOf = (block: number): Buffer => encodeTftp({ kind: 'ACK', block });

/** Fetches a file from the PC's own address and holds every byte against `expected`. Throws when one is not as expected, or when the server falls silent. */
export const fetchTftp = (
  { address, server, bootfile }: { address: string; server: string; bootfile: string },
  expected: Buffer,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = createSocket({ type: 'udp4', lookup: (host, _options, done) => done(null, host, 4) });
    const asked = new Map([
      ['tsize', '0'],
      ['blksize', `${blksize}`],
    ]);
    let last: Buffer = encodeTftp({ kind: 'RRQ', filename: bootfile, mode: 'octet', options: asked });
    let serverPort = 69;
    let next = 1;
    let left = attempts;
    const finish = (fault?: Error) => {
      clearInterval(timer);
      socket.close();
      if (fault) reject(fault);
      else resolve();
    };
    const send = (bytes: Buffer) => {
      last = bytes;
      socket.send(bytes, serverPort, server);
    };
    const timer = setInterval(() => {
      if (--left === 0) finish(new Error(`TFTP: silence before block ${next}`));
      else send(last);
    }, pauseMs);
    const takeBlock = (bytes: Buffer) => {
      if (bytes.readUInt16BE(2) !== (next & 0xffff)) return;
      const at = (next - 1) * blksize;
      const wanted = expected.subarray(at, at + blksize);
      if (bytes.compare(wanted, 0, wanted.length, 4) !== 0)
        return finish(new Error(`TFTP: block ${next} is wrong`));
      left = attempts;
      timer.refresh();
      send(ackOf(next++ & 0xffff));
      if (wanted.length < blksize) finish();
    };
    socket.on('error', finish);
    socket.on('message', (bytes, { port }) => {
      if (serverPort === 69) serverPort = port;
      if (bytes.readUInt16BE(0) === dataOpcode) return takeBlock(bytes);
      const packet = decodeTftp(bytes);
      if (packet.kind === 'OACK' && next === 1) send(ackOf(0));
      else if (packet.kind === 'ERROR') finish(new Error(`TFTP: ${packet.message}`));
    });
    socket.bind({ address, port: 0 }, () => send(last));
  });
