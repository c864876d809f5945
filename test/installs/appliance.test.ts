import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { temporaryFolder } from '../boot/temporary.ts';

const program = path.resolve(import.meta.dirname, '../../src/main.ts');

test('an appliance refuses tokens that it has not issued by HTTP and HTTPS, counts them, and hears syslog', async (t) => {
  const folder = await temporaryFolder(t);
  const folders = ['--data', `${folder}/data`, '--images', `${folder}/images`];
  const flags = ['--interface', 'lo', '--dhcp', 'off', ...folders];
  const start = 'ip link set lo up && exec "$0" "$@"';
  const child = spawn('unshare', ['--net', 'sh', '-c', start, process.execPath, program, ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (text) => (said += text));
  t.teardown(async () => {
    if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'close');
  });
  await Promise.race([once(child.stdout, 'data'), once(child, 'close')]);
  t.is(child.exitCode, null, said);
  const inside = async (...command: string[]): Promise<string> =>
    (await promisify(execFile)('nsenter', [`--net=/proc/${child.pid}/ns/net`, ...command])).stdout;
  const status = (url: string) =>
    inside('curl', '-s', '--cacert', `${folder}/data/tls/authority.pem`, '-w', '%{http_code}', url);

  const guess = `/install/${'A'.repeat(43)}/preseed.cfg`;
  for (const url of [`http://127.0.0.1:8080${guess}`, `https://127.0.0.1:8443${guess}`])
    t.regex(await status(url), /ANSWER_REFUSED.*410$/s);
  t.regex(await status('https://127.0.0.1:8443/agent/v1/check-in'), /^404$/);
  t.is(
    await inside('curl', '-s', 'http://127.0.0.1:8080/authority.pem'),
    await readFile(`${folder}/data/tls/authority.pem`, 'utf8'),
  );
  t.regex(await inside('curl', '-s', 'http://127.0.0.1:8080/authority.cpio'), /^070701.*BEGIN CERTIFICATE/s);
  await inside('logger', '--server', '127.0.0.1', '--udp', '--port', '5514', 'hello');
  t.regex(await inside('ss', '-Hlun'), /127\.0\.0\.1:5514/);
  const metrics = await inside('curl', '-s', 'http://127.0.0.1:8470/metrics');
  t.regex(metrics, /greif_install_alarms_total\{reason="guess"\} 2/);
  t.regex(said, /ANSWER_REFUSED: a request for an answer from 127\.0\.0\.1 was refused/);
  t.false(said.includes('AAAAA'));
  child.kill('SIGTERM');
  t.is((await once(child, 'close'))[0], 0);
});
