import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { readReport } from '../../src/installs/report.ts';
import { reportProgram, reportUnit } from '../../src/installs/report-unit.ts';
import { temporaryFolder } from '../boot/temporary.ts';
import { serve } from '../delivery/serve.ts';

const run = promisify(execFile);

/** What the program asks for beside an HTTP client. */
const basics =
  'cat cut dpkg-query env findmnt head lsblk mktemp rm sed sha256sum sh sleep sort tail tr uname wc';

/** A folder of programs, and no others: for PATH. */
const programs = async (t: ExecutionContext, ...names: string[]): Promise<string> => {
  const folder = await temporaryFolder(t);
  for (const name of [...basics.split(' '), ...names]) {
    const found = (await run('sh', ['-c', `command -v ${name}`])).stdout.trim();
    await symlink(found, path.join(folder, name));
  }
  return folder;
};

/** An appliance that answers with these statuses, one after the other, and keeps what it was sent. */
const appliance = async (t: ExecutionContext, ...statuses: number[]) => {
  const bodies: string[] = [];
  const { url } = await serve(t, async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    if (request.method === 'POST') bodies.push(Buffer.concat(pieces).toString());
    response.writeHead(statuses.shift() ?? 200).end('ok\n');
  });
  return { url: `${url}/install/TOKEN/report`, bodies };
};

const runProgram = async (t: ExecutionContext, url: string, PATH: string): Promise<void> => {
  const folder = await temporaryFolder(t, { report: reportProgram(url) });
  await run('sh', [path.join(folder, 'report')], { env: { PATH } });
};

for (const client of ['curl', 'wget', 'bash'])
  test(`a system with ${client} alone reports`, async (t) => {
    const { url, bodies } = await appliance(t);
    await runProgram(t, url, await programs(t, client));
    t.is(bodies.length, 1);
    const report = readReport(bodies[0] ?? '');
    const release = await readFile('/etc/os-release', 'utf8');
    t.is(report.osRelease?.id, /^ID=(.*)$/m.exec(release)?.[1] ?? '');
    t.is(report.kernel, (await run('uname', ['-r'])).stdout.trim());
    t.regex(report.packagesDigest ?? '', /^[0-9a-f]{64}$/);
  });

for (const client of ['curl', 'wget', 'bash'])
  test(`with ${client} it tries again until it is heard, and rests when nobody wants it`, async (t) => {
    const folder = await programs(t, client);
    // A minute's waiting is nobody's test.
    await run('rm', [path.join(folder, 'sleep')]);
    await writeFile(path.join(folder, 'sleep'), '#!/bin/sh\n', { mode: 0o755 });
    const { url, bodies } = await appliance(t, 503, 500, 410);
    await runProgram(t, url, folder);
    t.is(bodies.length, 3);
  });

test('the install script leaves a unit that takes itself away', async (t) => {
  const root = await temporaryFolder(t);
  await mkdir(path.join(root, 'etc/systemd/system'), { recursive: true });
  const { url, bodies } = await appliance(t);
  const inRoot = (text: string) =>
    text
      .replaceAll('/usr/local/lib/greif', `${root}/greif`)
      .replaceAll('/etc/systemd', `${root}/etc/systemd`);
  await writeFile(path.join(root, 'script'), inRoot(`set -eu\n${reportUnit('debian', url)}`));
  await run('sh', [path.join(root, 'script')]);
  const unit = await readFile(
    path.join(root, 'etc/systemd/system/multi-user.target.wants/greif-report.service'),
    'utf8',
  );
  const command = /^ExecStart=\/bin\/sh (.*)$/m.exec(unit)?.[1] ?? '';
  await run('sh', [command]);
  t.is(bodies.length, 1);
  t.is((await run('find', [root, '-name', '*report*'])).stdout, '');
});

test('systemd finds no fault in the unit; FreeBSD and Windows have ways of their own', async (t) => {
  const text = reportUnit('debian', 'http://10.0.0.1/install/T/report');
  const unit = /greif-report\.service <<'GREIF_END'\n([\s\S]*?)GREIF_END/.exec(text)?.[1] ?? '';
  const folder = await temporaryFolder(t, { 'greif-report.service': unit });
  const { stderr } = await run('systemd-analyze', [
    'verify',
    path.join(folder, 'greif-report.service'),
  ]).catch((error) => error);
  t.notRegex(stderr, /greif-report\.service:\d+/);
  t.regex(reportUnit('freebsd', 'http://10.0.0.1/'), /# PROVIDE: greif_report/);
  const lines = reportUnit('windows', 'http://10.0.0.1/r').split('\r\n');
  const program = Buffer.from(/-EncodedCommand (\S+)$/.exec(lines[1] ?? '')?.[1] ?? '', 'base64');
  t.regex(program.toString('utf16le'), /Invoke-WebRequest 'http:\/\/10\.0\.0\.1\/r' /);
  t.true(Math.max(...lines.map((line) => line.length)) < 8191, 'no line is too long for cmd.exe');
});
