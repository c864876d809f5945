import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { s3ObjectStore } from '../../../src/image/s3/object-store.ts';
import type { S3Access } from '../../../src/image/s3/settings.ts';
import { objectStoreContract } from '../object-store.contract.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { type Fault, type S3Server, startS3 } from './s3-server.ts';

const mebibyte = 2 ** 20;
const open = (access: S3Access) => s3ObjectStore(access, { pause: () => 1 });

const opened = async (t: ExecutionContext, over: Partial<S3Access> = {}) => {
  const server = await startS3(t);
  return { server, store: open(server.access(over)) };
};

const names = async (store: ReturnType<typeof open>, prefix: string) => {
  const found: string[] = [];
  for await (const { name } of store.list(prefix)) found.push(name);
  return found;
};

/** Spoils the first `count` requests that match, and lets all others pass. */
const spoil = (
  server: S3Server,
  count: number,
  wanted: RegExp,
  fault: (response: ServerResponse) => void,
) => {
  let spoiled = 0;
  server.breakWith((request, response) => {
    if (!wanted.test(`${request.method} ${request.url}`) || spoiled >= count) return false;
    spoiled++;
    request.resume();
    fault(response);
    return true;
  });
  return () => spoiled;
};

const refuse = (status: number, code: string) => (response: ServerResponse) => {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>as told</Message></Error>`);
};
const cut = (response: ServerResponse) => void response.destroy();

for (const [rule, check] of Object.entries(objectStoreContract))
  test(`s3: ${rule}`, async (t) => {
    await t.notThrowsAsync(check((await opened(t)).store));
  });

test('an object that is large goes up in parts, and any range of it comes back', async (t) => {
  const { server, store } = await opened(t);
  const bytes = randomBytes(11 * mebibyte);
  await store.put('packs/large.pack', bytes);
  t.is(server.requests.filter((line) => line.includes('partNumber=')).length, 3);
  for (const [offset, length] of [
    [0, 10],
    [5 * mebibyte - 3, 6],
    [bytes.length - 5, 5],
  ] as const)
    t.true(
      bytes
        .subarray(offset, offset + length)
        .equals((await store.read('packs/large.pack', offset, length)) ?? Buffer.of()),
    );
  t.is(await store.size('packs/large.pack'), bytes.length);
});

test('below a prefix of its own it sees nothing else of the bucket', async (t) => {
  const { server, store } = await opened(t, { prefix: 'lab/greif/' });
  const other = open(server.access({ prefix: 'lab/other/' }));
  await other.put('packs/foreign', Buffer.from('x'));
  await store.put('packs/own', Buffer.from('xy'));
  t.deepEqual(await names(store, ''), ['packs/own']);
  t.is(await store.size('packs/foreign'), undefined);
  t.true(server.requests.includes(`PUT /${server.bucket}/lab/greif/packs/own?x-id=PutObject`));
});

test('a bucket in the host name', async (t) => {
  const server = await startS3(t);
  const access = server.access({ endpoint: `http://s3.test:${server.port}`, pathStyle: false });
  const lookedUp: string[] = [];
  const store = s3ObjectStore(access, {
    agentOptions: {
      lookup(name, _options, found) {
        lookedUp.push(name);
        found(null, [{ address: '127.0.0.1', family: 4 }]);
      },
    },
  });
  await store.put('packs/a', Buffer.from('hello'));
  t.is(String(Buffer.from((await store.read('packs/a', 0, 5)) ?? [])), 'hello');
  t.deepEqual(new Set(lookedUp), new Set([`${server.bucket}.s3.test`]));
  t.is(server.requests[0], 'PUT /packs/a?x-id=PutObject');
});

/** A certificate for 127.0.0.1, signed by itself. */
const certificate = async (t: ExecutionContext) => {
  const folder = await temporaryFolder(t);
  const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
  const request =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=s3 -addext subjectAltName=IP:127.0.0.1';
  execFileSync('openssl', [...request.split(' '), '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') };
};

test('TLS with an authority of one’s own, and only with it', async (t) => {
  const tls = await certificate(t);
  const server = await startS3(t, tls);
  const store = open(server.access({ ca: tls.cert }));
  await store.put('packs/a', Buffer.from('hello'));
  t.is(await store.size('packs/a'), 5);
  const failure = await t.throwsAsync(open(server.access()).put('packs/a', Buffer.from('x')), {
    code: 'CONFIG_INVALID',
  });
  t.regex(failure.message, /certificate is not trusted .*images\.s3\.caFile/);
});

test('a refusal says what to correct, never the secret, and is not asked again', async (t) => {
  const server = await startS3(t);
  const secretAccessKey = 'hush-hush-hush';
  const cases: [Partial<S3Access>, RegExp][] = [
    [{ bucket: 'not-there' }, /no such bucket/],
    [{ credentials: { accessKeyId: 'nobody', secretAccessKey } }, /does not know the access key/],
    [{ credentials: { accessKeyId: 'S3RVER', secretAccessKey } }, /secret key is not the access key’s/],
  ];
  for (const [over, wanted] of cases) {
    const before = server.requests.length;
    const failure = await t.throwsAsync(open(server.access(over)).put('packs/a', Buffer.from('x')), {
      code: 'CONFIG_INVALID',
    });
    t.regex(failure.message, wanted);
    t.is(server.requests.length, before + 1);
    const said = [failure.message, failure.stack, JSON.stringify(failure), String(failure.cause)].join();
    t.false(said.includes(secretAccessKey));
  }
});

test('a server that goes away and comes back costs time, not the work', async (t) => {
  const { server, store } = await opened(t);
  await store.put('packs/a', Buffer.from('hello'));
  await server.stop();
  const [written, read] = [store.put('packs/b', Buffer.from('again')), store.read('packs/a', 0, 5)];
  await t.throwsAsync(open(server.access({ giveUpAfterSeconds: 0 })).size('packs/a'), {
    code: 'UNREACHABLE',
    message: /ECONNREFUSED/,
  });
  await server.start();
  await written;
  t.is(String(Buffer.from((await read) ?? [])), 'hello');
  t.is(await store.size('packs/b'), 5);
});

const passing: Record<string, (response: ServerResponse) => void> = {
  'is overloaded': refuse(503, 'SlowDown'),
  'fails inside': refuse(500, 'InternalError'),
  'got damaged bytes': refuse(400, 'BadDigest'),
  'cuts the connection': cut,
  'breaks off in the middle of a body'(response) {
    response.writeHead(206, { 'content-length': '5', 'content-range': 'bytes 0-4/5' });
    response.write('he', () => response.destroy());
  },
  'falls silent': () => {},
};

for (const [what, fault] of Object.entries(passing))
  test(`asked again: a server that ${what}`, async (t) => {
    // Only who is never answered waits so long; an answer on a busy machine may take its time.
    const { server, store } = await opened(t, what === 'falls silent' ? { timeoutSeconds: 2 } : {});
    const uploads = spoil(server, 2, /^PUT/, what.includes('body') ? cut : fault);
    await store.put('packs/a', Buffer.from('hello'));
    t.is(uploads(), 2);
    const reads = spoil(server, 2, /^GET/, fault);
    t.is(String(Buffer.from((await store.read('packs/a', 0, 5)) ?? [])), 'hello');
    t.is(reads(), 2);
  });

test('parts: one that is lost is sent again; a lost last answer does no harm; what fails is taken back', async (t) => {
  const { server, store } = await opened(t);
  const bytes = randomBytes(6 * mebibyte);
  const lost = spoil(server, 1, /partNumber=2/, cut);
  await store.put('packs/a', bytes);
  t.is(lost(), 1);
  t.is(await store.size('packs/a'), bytes.length);

  const answered = spoil(server, 1, /^POST .*uploadId=/, refuse(404, 'NoSuchUpload'));
  await store.put('packs/a', bytes);
  t.is(answered(), 1);

  spoil(server, 99, /partNumber=2/, refuse(403, 'AccessDenied'));
  await t.throwsAsync(store.put('packs/b', bytes), { code: 'CONFIG_INVALID', message: /needs GetObject/ });
  t.is(await store.size('packs/b'), undefined);
  t.true(server.requests.some((line) => /^DELETE .*uploadId=/.test(line)));
});

test('a bucket that is full is STORE_FULL; other bytes than were sent are found', async (t) => {
  const { server, store } = await opened(t);
  spoil(server, 1, /^PUT/, refuse(507, 'InsufficientStorage'));
  await t.throwsAsync(store.put('packs/a', Buffer.from('x')), { code: 'STORE_FULL' });
  const changed: Fault = (request: IncomingMessage, response) => {
    request.resume();
    response.writeHead(200, { etag: `"${'0'.repeat(32)}"` }).end();
    return true;
  };
  server.breakWith(changed);
  await t.throwsAsync(store.put('packs/a', Buffer.from('x')), {
    code: 'UNREACHABLE',
    message: /other bytes/,
  });
});
