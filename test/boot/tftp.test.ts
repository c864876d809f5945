import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { type BootFolder, bootFolder } from '../../src/boot/boot-folder.ts';
import { startTftpServer, type TftpServerOptions } from '../../src/boot/tftp/server.ts';
import { silentLog } from '../../src/core/log.ts';
import { encodeTftp } from '../../src/wire/tftp/packet.ts';
import { temporaryFolder } from './temporary.ts';
import { ack, rawClient, readRequest } from './tftp-client.ts';

const run = promisify(execFile);
/** Asks the server to wait so long before it repeats a packet, in seconds: no slow machine shall make it do so. */
const patient = { timeout: '60' };
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

const serve = async (
  t: ExecutionContext,
  files: Record<string, Buffer | string> | BootFolder,
  more: Partial<TftpServerOptions> = {},
) => {
  const folder =
    typeof files['open'] === 'function'
      ? (files as BootFolder)
      : bootFolder(await temporaryFolder(t, files as Record<string, Buffer>));
  const server = await startTftpServer({
    address: '127.0.0.1',
    port: 0,
    files: folder,
    log: silentLog,
    ...more,
  });
  t.teardown(() => server.close());
  return server.port;
};

/** Sizes at the edges: empty, one block less one, one block, more than 65,535 blocks of 512 bytes. */
const sizes = { empty: 0, short: 511, full: 512, one: 513, large: 34_000_000 };
const contents = Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, randomBytes(size)]));

test('curl and atftp fetch every size, past the roll-over of the block number', async (t) => {
  const port = await serve(t, contents);
  const folder = await temporaryFolder(t);
  for (const [name, content] of Object.entries(contents)) {
    const to = path.join(folder, name);
    // curl 7.88 fails on an empty file, whoever serves it.
    if (name !== 'empty') {
      await run('curl', ['-sS', '--tftp-blksize', '512', '-o', to, `tftp://127.0.0.1:${port}/${name}`]);
      t.is(sha256(await readFile(to)), sha256(content), name);
    }
    await run('atftp', ['-g', '-r', name, '-l', to, '127.0.0.1', String(port)]);
    t.is(sha256(await readFile(to)), sha256(content), name);
  }
});

test('tftp-hpa fetches without options', async (t) => {
  const port = await serve(t, contents);
  const to = path.join(await temporaryFolder(t), 'one');
  await run('tftp', ['-m', 'binary', '127.0.0.1', String(port), '-c', 'get', 'one', to]);
  t.is(sha256(await readFile(to)), sha256(contents['one'] ?? Buffer.alloc(0)));
});

/** Every run of CR and LF, also across the edges of blocks and of the pieces that are read. */
const lines = Buffer.from('one\ntwo\r\nthree\rfour\r\r\n\n'.repeat(3000), 'latin1');
const linesAsNetascii = Buffer.from(
  lines.toString('latin1').replace(/\r|\n/g, (end) => (end === '\n' ? '\r\n' : '\r\0')),
  'latin1',
);

test('netascii: ends of lines are translated exactly, also across blocks; tsize is left out (RFC 2349)', async (t) => {
  const port = await serve(t, { lines });
  const client = await rawClient(t);
  const asked = { tsize: '0', windowsize: '3', blksize: '1001', ...patient };
  client.send(
    { kind: 'RRQ', filename: 'lines', mode: 'netascii', options: new Map(Object.entries(asked)) },
    port,
  );
  const { packet: oack, port: transfer } = await client.next();
  const accepted = Object.entries({ blksize: '1001', timeout: '60', windowsize: '3' });
  t.deepEqual(oack, { kind: 'OACK', options: new Map(accepted) });
  client.send(ack(0), transfer);
  const received: Buffer[] = [];
  for (let block = 1; block === 1 || received.at(-1)?.length === 1001; block++) {
    const { packet } = await client.next();
    t.like(packet, { kind: 'DATA', block });
    if (packet.kind === 'DATA') received.push(packet.data);
    if (block % 3 === 0 || received.at(-1)?.length !== 1001) client.send(ack(block), transfer);
  }
  t.is(Buffer.compare(Buffer.concat(received), linesAsNetascii), 0);
});

test('tftp-hpa fetches in netascii, also what becomes a whole number of blocks', async (t) => {
  const whole = '\n'.repeat(512);
  const port = await serve(t, { lines, whole });
  const folder = await temporaryFolder(t);
  for (const [name, content] of Object.entries({ lines, whole: Buffer.from(whole) })) {
    const to = path.join(folder, name);
    await run('tftp', ['-m', 'netascii', '127.0.0.1', String(port), '-c', 'get', name, to]);
    t.is(Buffer.compare(await readFile(to), content), 0, name);
  }
});

test('names as firmware gives them: leading slashes, backslashes, and the end mark of the DHCP options behind them', async (t) => {
  const port = await serve(t, { 'loaders/a.efi': 'hello' });
  for (const name of ['/loaders/a.efi', '\\loaders\\a.efi', 'loaders\\a.efi', 'loaders/a.efi\xff']) {
    const client = await rawClient(t);
    client.send(readRequest(name), port);
    const answer = await client.next();
    t.like(answer.packet, { kind: 'DATA', block: 1, data: Buffer.from('hello') }, name);
    client.send(ack(1), answer.port);
  }
});

test('requests and ACKs that are padded to the smallest Ethernet frame count', async (t) => {
  const port = await serve(t, contents);
  const client = await rawClient(t);
  const padded = (packet: Parameters<typeof encodeTftp>[0]) =>
    Buffer.concat([encodeTftp(packet), Buffer.alloc(46)]);
  client.send(padded(readRequest('one', patient)), port);
  const { packet, port: transfer } = await client.next();
  t.deepEqual(packet, { kind: 'OACK', options: new Map(Object.entries(patient)) });
  for (const block of [0, 1]) {
    client.send(padded(ack(block)), transfer);
    t.like((await client.next()).packet, { kind: 'DATA', block: block + 1 });
  }
  client.send(padded(ack(2)), transfer);
});

test('EDK2 asks for the size and aborts: a line at debug level, nothing above', async (t) => {
  const lines: [string, string, object | undefined][] = [];
  const note =
    (level: string) =>
    (message: string, fields?: object): void =>
      void lines.push([level, message, fields]);
  const log = {
    ...silentLog,
    debug: note('debug'),
    info: note('info'),
    warn: note('warn'),
    error: note('error'),
  };
  const server = await startTftpServer({
    address: '127.0.0.1',
    port: 0,
    files: bootFolder(await temporaryFolder(t, contents)),
    log,
  });
  const client = await rawClient(t);
  client.send(readRequest('large', { tsize: '0', blksize: '1468' }), server.port);
  const { packet, port: transfer } = await client.next();
  t.is(packet.kind === 'OACK' && packet.options.get('tsize'), String(sizes.large));
  client.send({ kind: 'ERROR', code: 8, message: 'User aborted the transfer' }, transfer);
  while (lines.length === 0) await setImmediate();
  await server.close();
  t.deepEqual(
    lines.map(([level, message]) => [level, message]),
    [['debug', 'TFTP: aborted']],
  );
  t.like(lines[0]?.[2], { client: '127.0.0.1', file: 'large', reason: '8 User aborted the transfer' });
});

test('atftp fetches with a window', async (t) => {
  const port = await serve(t, contents);
  const to = path.join(await temporaryFolder(t), 'large');
  const options = ['blksize 1468', 'windowsize 32', 'tsize 0'].flatMap((option) => ['--option', option]);
  await run('atftp', [...options, '-g', '-r', 'large', '-l', to, '127.0.0.1', String(port)]);
  t.is(sha256(await readFile(to)), sha256(contents['large'] ?? Buffer.alloc(0)));
});

test('options: accepted ones are confirmed within our bounds, unknown and odd ones left out', async (t) => {
  const port = await serve(t, contents);
  const client = await rawClient(t);
  const asked = {
    tsize: '0',
    blksize: '9000',
    windowsize: '500',
    timeout: '0',
    utimeout: '5',
    blksize2: '8',
  };
  client.send(readRequest('large', asked), port);
  const { packet, port: transfer } = await client.next();
  t.deepEqual(packet, {
    kind: 'OACK',
    options: new Map([
      ['blksize', '1468'],
      ['tsize', String(sizes.large)],
      ['windowsize', '64'],
    ]),
  });
  client.send({ kind: 'ERROR', code: 8, message: 'only asked' }, transfer);
});

test('an OACK of nothing is not sent', async (t) => {
  const port = await serve(t, contents);
  const client = await rawClient(t);
  client.send(readRequest('short', { blksize: '7', windowsize: 'x' }), port);
  const { packet, port: transfer } = await client.next();
  t.like(packet, { kind: 'DATA', block: 1, data: contents['short'] });
  client.send(ack(1), transfer);
});

test('a lost block comes again after a time-out; duplicate ACKs cause nothing (RFC 1123 section 4.2.3.1)', async (t) => {
  const port = await serve(t, contents);
  const client = await rawClient(t);
  client.send(readRequest('large', { timeout: '3' }), port);
  const { port: transfer } = await client.next();
  client.send(ack(0), transfer);
  t.like((await client.next()).packet, { kind: 'DATA', block: 1 });
  for (let copy = 0; copy < 5; copy++) client.send(ack(0), transfer);
  client.send(ack(1), transfer);
  t.like((await client.next()).packet, { kind: 'DATA', block: 2 });
  for (let copy = 0; copy < 5; copy++) client.send(ack(1), transfer);
  // Nobody acknowledges block 2: the next packet is block 2 again, by the time-out alone.
  t.like((await client.next()).packet, { kind: 'DATA', block: 2 });
  t.is(client.waiting, 0);
  client.send(ack(2), transfer);
  t.like((await client.next()).packet, { kind: 'DATA', block: 3 });
  client.send({ kind: 'ERROR', code: 0, message: 'enough' }, transfer);
});

test('a lost OACK comes again', async (t) => {
  const port = await serve(t, contents);
  const client = await rawClient(t);
  client.send(readRequest('full', { tsize: '0' }), port);
  const first = await client.next();
  t.deepEqual((await client.next()).packet, first.packet);
  client.send(ack(0), first.port);
  let next = await client.next();
  while (next.packet.kind === 'OACK') next = await client.next();
  t.like(next.packet, { kind: 'DATA', block: 1 });
});

test('an ACK from within a window starts the next one there (RFC 7440 section 4)', async (t) => {
  const port = await serve(t, contents);
  const client = await rawClient(t);
  client.send(readRequest('large', { windowsize: '4', ...patient }), port);
  const { port: transfer } = await client.next();
  client.send(ack(0), transfer);
  const blocks = async (count: number) => {
    const list = [];
    for (let index = 0; index < count; index++) list.push((await client.next()).packet);
    return list.map((packet) => packet.kind === 'DATA' && packet.block);
  };
  t.deepEqual(await blocks(4), [1, 2, 3, 4]);
  client.send(ack(2), transfer);
  t.deepEqual(await blocks(4), [3, 4, 5, 6]);
  client.send(ack(6), transfer);
  t.deepEqual(await blocks(4), [7, 8, 9, 10]);
  client.send({ kind: 'ERROR', code: 0, message: 'enough' }, transfer);
});

test('a stranger gets error 5 and the transfer goes on; malformed and stray packets are dropped', async (t) => {
  const port = await serve(t, contents);
  const [client, stranger] = [await rawClient(t), await rawClient(t)];
  client.send(readRequest('one', patient), port);
  const { port: transfer } = await client.next();
  client.send(ack(0), transfer);
  t.like((await client.next()).packet, { kind: 'DATA', block: 1 });
  stranger.send(ack(1), transfer);
  t.like((await stranger.next()).packet, { kind: 'ERROR', code: 5 });
  for (const odd of ['', '\0', '\0\x09', '\0\x04\0']) client.send(Buffer.from(odd, 'latin1'), transfer);
  for (const stray of [60_000, 2, 65_535]) client.send(ack(stray), transfer);
  client.send(readRequest('one'), transfer);
  client.send(ack(1), transfer);
  t.like((await client.next()).packet, { kind: 'DATA', block: 2 });
  client.send(ack(2), transfer);
});

test('a request that is repeated from the same port starts one transfer', async (t) => {
  const port = await serve(t, contents);
  const client = await rawClient(t);
  for (let copy = 0; copy < 3; copy++) client.send(readRequest('full', patient), port);
  const first = await client.next();
  client.send(ack(0), first.port);
  for (const block of [1, 2]) {
    t.like(await client.next(), { port: first.port, packet: { kind: 'DATA', block } });
    client.send(ack(block), first.port);
  }
});

test('what cannot be served is refused with its code', async (t) => {
  const port = await serve(t, contents);
  const client = await rawClient(t);
  const refusal = async (packet: Parameters<typeof client.send>[0]) => {
    client.send(packet, port);
    const answer = await client.next();
    t.is(answer.port, port);
    return answer.packet.kind === 'ERROR' ? answer.packet.code : answer.packet;
  };
  t.is(await refusal(readRequest('nope')), 1);
  for (const outside of ['../../etc/passwd', '..\\..\\etc\\passwd', '/a/../../etc/passwd', '..'])
    t.is(await refusal(readRequest(outside)), 2, outside);
  t.is(await refusal({ kind: 'WRQ', filename: 'new', mode: 'octet', options: new Map() }), 2);
  t.is(await refusal({ kind: 'RRQ', filename: 'one', mode: 'mail', options: new Map() }), 4);
  t.is(await refusal(Buffer.from('\0\x01cut', 'latin1')), 0);
});

test('atftp and tftp-hpa can write nothing', async (t) => {
  const folder = await temporaryFolder(t);
  const port = await serve(t, bootFolder(folder));
  const own = path.join(await temporaryFolder(t, { mine: 'x' }), 'mine');
  const put = ['--trace', '-p', '-l', own, '-r', 'new', '127.0.0.1', String(port)];
  const atftp = await run('atftp', put).catch((fault) => fault);
  t.regex(`${atftp.stdout}${atftp.stderr}`, /read-only/);
  const hpa = await run('tftp', ['-m', 'binary', '127.0.0.1', String(port), '-c', 'put', own, 'new']);
  t.regex(`${hpa.stdout}${hpa.stderr}`, /code 2: this server is read-only/);
  t.deepEqual(await readdir(folder), []);
});

test('busybox fetches a file', async (t) => {
  const port = await serve(t, contents);
  const to = path.join(await temporaryFolder(t), 'large');
  const what = ['tftp', '-g', '-b', '1468', '-r', 'large', '-l', to, '127.0.0.1', String(port)];
  await run('busybox', what);
  t.is(sha256(await readFile(to)), sha256(contents['large'] ?? Buffer.alloc(0)));
});

test('a file that cannot be read, or becomes shorter, ends with an error to the client', async (t) => {
  const file = { sizeBytes: 10_000, version: '', read: async () => 100, close: async () => {} };
  const port = await serve(t, {
    open: async (name: string) => {
      if (name === 'broken') throw new Error('disk failure');
      return file;
    },
  });
  for (const name of ['broken', 'shorter']) {
    const client = await rawClient(t);
    client.send(readRequest(name), port);
    t.like((await client.next()).packet, { kind: 'ERROR', code: 0 });
  }
});

test('a client with too many transfers loses its oldest; a full server lets requests wait', async (t) => {
  const closed: string[] = [];
  const port = await serve(
    t,
    {
      open: async (name: string) => ({
        sizeBytes: 10_000,
        version: '',
        read: async (into: Buffer) => into.length,
        close: async () => void closed.push(name),
      }),
    },
    { limits: { perClient: 2, inAll: 3 } },
  );
  const clients = [await rawClient(t), await rawClient(t), await rawClient(t)];
  for (const [index, client] of clients.entries()) {
    client.send(readRequest(`file${index}`), port);
    t.like((await client.next()).packet, { kind: 'DATA', block: 1 });
  }
  t.deepEqual(closed, ['file0']);
});

test('a port that is taken is one clear error', async (t) => {
  const port = await serve(t, contents);
  const again = startTftpServer({
    address: '127.0.0.1',
    port,
    files: bootFolder('/nonexistent'),
    log: silentLog,
  });
  const error = await t.throwsAsync(again, { code: 'PORT_UNAVAILABLE' });
  t.regex(error?.message ?? '', new RegExp(`^UDP port ${port} on 127\\.0\\.0\\.1 .*another program has it`));
});

test('closing ends what is under way', async (t) => {
  const folder = bootFolder(await temporaryFolder(t, contents));
  const server = await startTftpServer({ address: '127.0.0.1', port: 0, files: folder, log: silentLog });
  const client = await rawClient(t);
  client.send(readRequest('large'), server.port);
  await client.next();
  await server.close();
  t.pass();
});
