import test from 'ava';
import fc from 'fast-check';
import { BlockReader, type Blocks } from '../../src/boot/tftp/block-reader.ts';
import { byteSource } from '../../src/boot/tftp/byte-source.ts';
import type { Datagrams } from '../../src/boot/tftp/datagram-socket.ts';
import { negotiate } from '../../src/boot/tftp/negotiate.ts';
import { NetasciiReader } from '../../src/boot/tftp/netascii-reader.ts';
import { oneTurnEach } from '../../src/boot/tftp/one-turn-each.ts';
import { requestedPath } from '../../src/boot/tftp/requested-path.ts';
import { RetryClock } from '../../src/boot/tftp/retry-clock.ts';
import { Transfer } from '../../src/boot/tftp/transfer.ts';
import { Transfers } from '../../src/boot/tftp/transfers.ts';

/** All blocks, window by window; each window starts again once from its middle, as after a loss. */
const readAll = (blocks: Blocks, windowsize: number): Buffer[] => {
  const result: Buffer[] = [];
  const block = (number: number) => {
    const into = Buffer.alloc(600);
    return into.subarray(2, 2 + blocks.copy(number, into, 2));
  };
  for (let first = 1; first <= blocks.last; ) {
    blocks.load(first, first + windowsize - 1);
    const last = Math.min(first + windowsize - 1, blocks.last);
    const resume = first + ((last - first) >> 1);
    for (let number = first; number <= last; number++) result[number - 1] = block(number);
    first = resume > first ? resume : last + 1;
  }
  return result;
};

const netascii = (text: string): string => text.replace(/\r|\n/g, (end) => (end === '\n' ? '\r\n' : '\r\0'));

const textOfEnds = fc
  .array(fc.constantFrom('\r', '\n', '\r\n', 'a', 'some words '), { maxLength: 60 })
  .chain((parts) => fc.constantFrom(1, 700).map((times) => parts.join('').repeat(times)));

test('both modes cut any text into full blocks and one that is not, whatever is sent again', (t) => {
  fc.assert(
    fc.property(
      textOfEnds,
      fc.constantFrom(8, 9, 512),
      fc.constantFrom(1, 2, 5),
      (text, blksize, windowsize) => {
        const source = byteSource({ bytes: Buffer.from(text, 'latin1') });
        for (const [blocks, expected] of [
          [new BlockReader(source, blksize), text],
          [new NetasciiReader(source, blksize), netascii(text)],
        ] as const) {
          const list = readAll(blocks, windowsize);
          t.is(Buffer.concat(list).toString('latin1'), expected);
          t.is(list.length, Math.floor(expected.length / blksize) + 1);
          t.true(list.slice(0, -1).every(({ length }) => length === blksize));
        }
      },
    ),
    { numRuns: 200 },
  );
});

test('the time-out follows the round trips, doubles while nothing comes, and gives up after eight packets', (t) => {
  const clock = new RetryClock(undefined);
  clock.start(0);
  t.is(clock.deadline, 1000);
  clock.answered(400);
  clock.start(1000);
  t.is(clock.deadline, 1000 + 400 + 4 * 200);
  for (let trip = 0; trip < 30; trip++) {
    clock.answered(1001);
    clock.start(1000);
  }
  t.is(clock.deadline, 1250);
  const waits = [];
  for (let now = clock.deadline; clock.expire(now) === 'send again'; now = clock.deadline)
    waits.push(clock.deadline - now);
  t.deepEqual(waits, [500, 1000, 2000, 4000, 4000, 4000, 4000]);
});

test('the answer to a packet that was repeated is not measured (Karn)', (t) => {
  const clock = new RetryClock(undefined);
  clock.start(0);
  clock.expire(1000);
  clock.answered(2900);
  clock.start(3000);
  t.is(clock.deadline, 4000);
});

test('a time-out that the client asked for stays as it is; a silent client holds nothing for long', (t) => {
  const count = (seconds: number) => {
    const clock = new RetryClock(seconds);
    clock.start(0);
    t.is(clock.deadline, 1000 * seconds);
    let packets = 1;
    while (clock.expire(clock.deadline) === 'send again') packets += 1;
    return packets;
  };
  t.deepEqual([1, 30, 255].map(count), [8, 4, 2]);
});

test('a name is read as what the firmware means', (t) => {
  t.is(requestedPath('\\Boot\\x64\\wdsnbp.com'), '/Boot/x64/wdsnbp.com');
  t.is(requestedPath('undionly.kpxe\xff\xff'), 'undionly.kpxe');
  t.is(requestedPath('grub/\xffx'), 'grub/\xffx');
});

test('admission: one transfer a port, the oldest of a client gives way, nothing beyond the limit in all', (t) => {
  const transfers = new Transfers({ perClient: 2, inAll: 3 });
  const stopped: number[] = [];
  const begin = (address: string, port: number) => {
    const isAdmitted = transfers.admit({ address, port });
    if (isAdmitted) transfers.begun({ address, port }, () => stopped.push(port));
    return isAdmitted;
  };
  t.true(begin('a', 1));
  t.false(begin('a', 1));
  t.true(begin('a', 2));
  t.true(begin('a', 3));
  t.deepEqual(stopped, [1]);
  t.false(begin('b', 4));
  transfers.remove({ address: 'a', port: 1 });
  t.true(begin('b', 4));
});

test('in a round every client has one turn, and no client keeps out what belongs to none', (t) => {
  const clients: Record<number, string> = { 1: 'a', 2: 'a', 3: 'b', 4: 'a', 5: 'b' };
  t.deepEqual(
    oneTurnEach([1, 2, 0, 3, 4, 5], (fd) => clients[fd]),
    [1, 0, 3],
  );
});

/** A socket that takes so many datagrams and then is full or fails; it can cut eight at once. */
const limitedSocket = (answers: ('sent' | 'full' | 'failed')[]) => {
  const blocks: number[] = [];
  let segmentBytes = 0;
  const socket: Datagrams = {
    cutInto: (bytes) => {
      segmentBytes = bytes;
    },
    datagramsAtOnce: (bytes) => (segmentBytes === bytes ? 8 : 1),
    send: (bytes, length) => {
      const answer = answers.shift() ?? 'sent';
      if (answer === 'failed') segmentBytes = 0;
      const step = segmentBytes || length;
      if (answer === 'sent')
        for (let at = 0; at < length; at += step) blocks.push(bytes.readUInt16BE(at + 2));
      return answer;
    },
    receive: () => -1,
    sender: Buffer.alloc(16),
    close: () => {},
  };
  const peer = { address: '127.0.0.1', port: 9 };
  const content = { bytes: Buffer.alloc(20_000) };
  const terms = negotiate('octet', new Map([['windowsize', '20']]), 20_000);
  const transfer = new Transfer(socket, { peer, content, terms: { ...terms, accepted: new Map() } });
  return { transfer, blocks };
};

const oneToTwenty = Array.from({ length: 20 }, (_, index) => index + 1);

test('a window that finds no room goes on where it stopped', (t) => {
  const { transfer, blocks } = limitedSocket(['sent', 'full', 'sent', 'full']);
  transfer.start(0);
  t.deepEqual(blocks, oneToTwenty.slice(0, 8));
  t.true(transfer.isWaitingForRoom);
  transfer.proceed(1);
  t.deepEqual(blocks, oneToTwenty.slice(0, 16));
  t.true(transfer.isWaitingForRoom);
  transfer.proceed(2);
  t.deepEqual(blocks, oneToTwenty);
  t.false(transfer.isWaitingForRoom);
});

test('where the kernel does not cut, a window goes block by block; one that fails is left to the time-out', (t) => {
  const { transfer, blocks } = limitedSocket(['sent', 'failed', 'sent', 'failed']);
  transfer.start(0);
  t.deepEqual(
    blocks,
    oneToTwenty.filter((block) => block !== 10),
  );
  t.is(transfer.ending, undefined);
});
