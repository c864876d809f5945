import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { openAuthority } from '../../src/installs/authority.ts';
import { trustInitrd } from '../../src/installs/trust-initrd.ts';
import { temporaryFolder } from '../boot/temporary.ts';
import { curl } from './install-room.ts';

// One changes this process' PATH.
test.serial('an authority is made once, and curl trusts what it has issued for an address', async (t) => {
  const folder = path.join(await temporaryFolder(t), 'tls');
  const authority = await openAuthority(folder);
  t.is((await openAuthority(folder)).certificate, authority.certificate);
  for (const name of ['authority.key', '']) t.is((await stat(path.join(folder, name))).mode & 0o077, 0, name);

  const server = createServer(await authority.issue('127.0.0.1'), (_request, response) =>
    response.end('hello'),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const trusting = ['--cacert', path.join(folder, 'authority.pem')];
  t.deepEqual(await curl(`https://127.0.0.1:${port}/`, ...trusting), { status: 200, body: 'hello' });
  // curl's 60: the certificate is not trusted, or not for this name.
  await t.throwsAsync(curl(`https://127.0.0.1:${port}/`), { code: 60 as never });
  const named = ['--resolve', `other.example:${port}:127.0.0.1`];
  await t.throwsAsync(curl(`https://other.example:${port}/`, ...trusting, ...named), { code: 60 as never });
});

test.serial('a certificate is for its address, and for no further certificates', async (t) => {
  const authority = await openAuthority(await temporaryFolder(t));
  const certificate = new X509Certificate((await authority.issue('10.20.0.1')).cert);
  t.is(certificate.subjectAltName, 'IP Address:10.20.0.1');
  t.false(certificate.ca);
  // For PCs whose clock has stopped.
  t.is(certificate.validFromDate.getUTCFullYear(), 2000);
  t.true(certificate.verify(new X509Certificate(authority.certificate).publicKey));
});

test.serial('the initrd for installers unpacks to where OpenSSL finds whom to trust', async (t) => {
  const folder = await temporaryFolder(t);
  const authority = await openAuthority(path.join(folder, 'tls'));
  await writeFile(path.join(folder, 'listener.pem'), (await authority.issue('10.20.0.1')).cert);
  await writeFile(path.join(folder, 'trust.cpio'), trustInitrd(authority));
  const inFolder = (...command: string[]) =>
    promisify(execFile)(command[0] ?? '', command.slice(1), { cwd: folder });
  const verify = (...trusting: string[]) =>
    inFolder('openssl', 'verify', '-no-CAfile', ...trusting, 'listener.pem');
  await t.throwsAsync(verify('-no-CApath'), { message: /verification failed/ });
  await inFolder('busybox', 'cpio', '-id', '-F', 'trust.cpio');
  t.is((await verify('-CApath', 'etc/ssl/certs')).stdout, 'listener.pem: OK\n');
});

test.serial('a damaged authority, and a machine without openssl, are named', async (t) => {
  const damaged = await temporaryFolder(t, { 'authority.pem': 'hello' });
  await t.throwsAsync(openAuthority(damaged), {
    code: 'CONFIG_INVALID',
    message: /authority\.pem is damaged/,
  });
  const folder = await temporaryFolder(t);
  await mkdir(path.join(folder, 'bin'));
  await writeFile(path.join(folder, 'bin/openssl'), '#!/bin/sh\necho no such curve >&2\nexit 1\n');
  await chmod(path.join(folder, 'bin/openssl'), 0o755);
  const before = process.env['PATH'];
  process.env['PATH'] = path.join(folder, 'bin');
  try {
    await t.throwsAsync(openAuthority(path.join(folder, 'tls')), {
      code: 'CONFIG_INVALID',
      message: /without which there is no HTTPS.*no such curve/s,
    });
  } finally {
    process.env['PATH'] = before;
  }
});
