import { createSocket } from 'node:dgram';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeTftp, encodeTftp, type TftpPacket } from '../../../src/wire/tftp/packet.ts';

/**
 * A process of its own, on the clients' side: so many PCs, each with an address of its own, ask for one file within the same moment and hold every byte against
 * the original. Every second one asks for a window of eight. Says how many were served, as JSON.
 */
const [, , server = '', port = '', filename = '', original = '', network = '', count = ''] = process.argv;
const blksize = 1468;
/** What firmware waits for before it asks again. */
const askAgainMs = 2000;
const patienceMs = 100_000;
const expected = await readFile(original);

const addressOf = (client: number): string => `${network}.${1 + client}`;

/** Resolves with what went wrong, if anything. The socket stays open: when the last ACK is lost, the last block comes again. */
const fetchFile = (client: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const windowsize = client % 2 === 0 ? 1 : 8;
    const socket = createSocket({ type: 'udp4', lookup: (host, _options, done) => done(null, host, 4) });
    const options = new Map(
      Object.entries({ tsize: '0', blksize: `${blksize}`, windowsize: `${windowsize}` }),
    );
    let transfer: number | undefined;
    let got = 0;
    let sinceAck = 0;
    let gapAt = -1;
    const send = (packet: TftpPacket, to: number) => socket.send(encodeTftp(packet), to, server);
    const ask = () => send({ kind: 'RRQ', filename, mode: 'octet', options }, Number(port));
    const acknowledge = () => {
      sinceAck = 0;
      send({ kind: 'ACK', block: got & 0xffff }, transfer ?? 0);
    };
    const end = (fault?: string) => {
      clearInterval(again);
      clearTimeout(giveUp);
      resolve(fault);
    };
    const takeBlock = (block: number, data: Buffer) => {
      if (block !== ((got + 1) & 0xffff)) {
        // RFC 7440 section 4: behind a gap the last block in order is acknowledged, once; so is a block that comes again.
        if (gapAt !== got || block === (got & 0xffff)) acknowledge();
        gapAt = got;
        return;
      }
      const wanted = expected.subarray(got * blksize, (got + 1) * blksize);
      if (!data.equals(wanted)) return end(`block ${got + 1} is wrong`);
      got += 1;
      gapAt = -1;
      if (++sinceAck === windowsize || data.length < blksize) acknowledge();
      if (data.length < blksize) end();
    };
    const again = setInterval(() => transfer === undefined && ask(), askAgainMs);
    const giveUp = setTimeout(() => end(`nothing came after block ${got}`), patienceMs);
    socket.on('message', (bytes, source) => {
      const packet = decodeTftp(bytes);
      transfer ??= source.port;
      if (packet.kind === 'OACK') acknowledge();
      else if (packet.kind === 'DATA') takeBlock(packet.block, packet.data);
      else if (packet.kind === 'ERROR') end(packet.message);
    });
    socket.bind({ address: addressOf(client), port: 0 }, ask);
  });

const startedAt = performance.now();
const faults = await Promise.all(Array.from({ length: Number(count) }, (_, client) => fetchFile(client)));
const seconds = (performance.now() - startedAt) / 1000;
const completed = faults.filter((fault) => fault === undefined).length;
// The last ACKs may be lost: let the server ask once more.
await sleep(askAgainMs);
process.stdout.write(`${JSON.stringify({ completed, seconds, faults: [...new Set(faults)].slice(0, 5) })}\n`);
process.exit();
