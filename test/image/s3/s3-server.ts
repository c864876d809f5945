import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import type { S3Access } from '../../../src/image/s3/settings.ts';
import { freePort } from '../../free-port.ts';

/** Answers a request itself, or spoils the connection, and returns true; else the server answers. */
export type Fault = (request: http.IncomingMessage, response: http.ServerResponse) => boolean;

interface Ports {
  strict: number;
  lenient: number;
}

let started: Promise<Ports> | undefined;

/** One server for all tests of a file; a bucket each. */
const s3rver = (): Promise<Ports> => {
  started ??= (async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'greif-s3-'));
    const program = path.join(import.meta.dirname, 's3rver.mjs');
    const child = spawn(process.execPath, ['--openssl-legacy-provider', program, folder], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    process.once('exit', () => {
      child.kill();
      rmSync(folder, { recursive: true, force: true });
    });
    child.unref();
    const [line] = await once(child.stdout, 'data');
    for (const pipe of [child.stdin, child.stdout]) (pipe as unknown as { unref(): void }).unref();
    return JSON.parse(String(line));
  })();
  return started;
};

const isListing = (request: http.IncomingMessage): boolean => /[?&]list-type=2/.test(request.url ?? '');

/** Of an empty object s3rver promises a byte that never comes; S3 answers so. */
const emptyRange = (answer: http.IncomingMessage, response: http.ServerResponse): void => {
  answer.destroy();
  response.writeHead(416, { 'content-type': 'application/xml' });
  response.end('<?xml version="1.0"?><Error><Code>InvalidRange</Code></Error>');
};

const pass = (port: number, request: http.IncomingMessage, response: http.ServerResponse): void => {
  const { method, url, headers } = request;
  const onward = http.request({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
    if (answer.headers['content-range']?.endsWith('/0')) return emptyRange(answer, response);
    response.writeHead(answer.statusCode ?? 0, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  response.on('close', () => onward.destroy());
  request.pipe(onward);
};

let buckets = 0;

/** A bucket of its own, behind a port that may break, go away and come back. */
export const startS3 = async (t: ExecutionContext, tls?: { key: string; cert: string }) => {
  const { strict, lenient } = await s3rver();
  const bucket = `greif-${++buckets}`;
  await fetch(`http://127.0.0.1:${lenient}/${bucket}`, { method: 'PUT' });
  const requests: string[] = [];
  let fault: Fault | undefined;
  const listener: http.RequestListener = (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    const byHost = request.headers.host?.startsWith(`${bucket}.`);
    if (!fault?.(request, response)) pass(isListing(request) || byHost ? lenient : strict, request, response);
  };
  let server: http.Server | https.Server;
  const port = await freePort();
  const start = async (): Promise<void> => {
    server = tls ? https.createServer(tls, listener) : http.createServer(listener);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  await start();
  t.teardown(stop);
  return {
    port,
    bucket,
    access: (over: Partial<S3Access> = {}): S3Access => ({
      endpoint: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
      region: 'us-east-1',
      bucket,
      prefix: '',
      pathStyle: true,
      credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
      ca: undefined,
      timeoutSeconds: 30,
      giveUpAfterSeconds: 60,
      partMebibytes: 5,
      ...over,
    }),
    /** `PUT /greif-1/…` of all that was asked. */
    requests,
    breakWith: (next: Fault | undefined) => {
      fault = next;
    },
    stop,
    start,
  };
};

export type S3Server = Awaited<ReturnType<typeof startS3>>;
