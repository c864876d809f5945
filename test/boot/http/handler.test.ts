import { createHash, randomBytes } from 'node:crypto';
import { truncate } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import { createBootHttp } from '../../../src/boot/http/handler.ts';
import { GreifError } from '../../../src/core/errors.ts';
import { silentLog } from '../../../src/core/log.ts';
import { readRange } from '../../../src/http/range.ts';
import { serve } from './serve.ts';

const large = randomBytes(5_000_001);

const files = { 'agent/vmlinuz': large, empty: '', 'a b': 'blank' };
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

test('a boot file comes whole, with its length and a validator', async (t) => {
  const { get } = await serve(t, files);
  const answer = await get('/boot/files/agent/vmlinuz');
  t.is(answer.status, 200);
  t.is(answer.headers['content-length'], String(large.length));
  t.regex(String(answer.headers.etag), /^"[0-9a-z]+(-[0-9a-z]+){2}"$/);
  t.is(sha256(answer.body), sha256(large));
  t.is((await get('/boot/files/a%20b')).body.toString(), 'blank');
  t.is((await get('/boot/files/empty')).headers['content-length'], '0');
});

test('HEAD says the length and sends nothing (EDK2 asks so first)', async (t) => {
  const { get } = await serve(t, files);
  const answer = await get('/boot/files/agent/vmlinuz', {}, 'HEAD');
  t.is(answer.status, 200);
  t.is(answer.headers['content-length'], String(large.length));
  t.is(answer.body.length, 0);
  const part = await get('/boot/files/agent/vmlinuz', { Range: 'bytes=0-9' }, 'HEAD');
  t.is(part.status, 200);
  t.is(part.headers['content-length'], String(large.length));
});

test('a broken download is resumed', async (t) => {
  const { get } = await serve(t, files);
  const etag = String((await get('/boot/files/agent/vmlinuz', {}, 'HEAD')).headers.etag);
  const rest = await get('/boot/files/agent/vmlinuz', { Range: 'bytes=3000000-', 'If-Range': etag });
  t.is(rest.status, 206);
  t.is(rest.headers['content-range'], `bytes 3000000-5000000/5000001`);
  t.is(sha256(rest.body), sha256(large.subarray(3_000_000)));
  const changed = await get('/boot/files/agent/vmlinuz', { Range: 'bytes=3000000-', 'If-Range': '"old"' });
  t.is(changed.status, 200);
  t.is(changed.body.length, large.length);
  const lastModified = String(changed.headers['last-modified']);
  const byDate = await get('/boot/files/agent/vmlinuz', { Range: 'bytes=3-', 'If-Range': lastModified });
  t.is(byDate.status, 200, 'a date is no strong validator');
  const beyond = await get('/boot/files/agent/vmlinuz', { Range: 'bytes=5000001-' });
  t.is(beyond.status, 416);
  t.is(beyond.headers['content-range'], 'bytes */5000001');
});

test('ranges as RFC 9110 reads them', (t) => {
  t.deepEqual(readRange('bytes=0-0', 10), { first: 0, last: 0 });
  t.deepEqual(readRange('bytes=5-', 10), { first: 5, last: 9 });
  t.deepEqual(readRange('bytes=5-99', 10), { first: 5, last: 9 });
  t.deepEqual(readRange('bytes=-3', 10), { first: 7, last: 9 });
  t.deepEqual(readRange('bytes=-99', 10), { first: 0, last: 9 });
  t.deepEqual(readRange(`Bytes= 5-${'9'.repeat(400)}`, 10), { first: 5, last: 9 });
  for (const whole of [undefined, '', 'bytes=-', 'bytes=5-4', 'bytes=0-1,3-4', 'lines=1-2', 'bytes=a-b'])
    t.is(readRange(whole, 10), undefined, whole);
  for (const beyond of [`bytes=${'9'.repeat(400)}-`, 'bytes=10-', 'bytes=99-100', 'bytes=-0'])
    t.is(readRange(beyond, 10), 'unsatisfiable', beyond);
});

test('what is not there, or must not be had, is refused; what is not ours is left alone', async (t) => {
  const { get } = await serve(t, files);
  t.is((await get('/boot/files/nope')).status, 404);
  t.is((await get('/boot/files/')).status, 403);
  t.is((await get('/boot/files/agent')).status, 404, 'a folder is no file, and nothing is redirected');
  t.is((await get('/boot/files/agent/vmlinuz/')).status, 404);
  t.is((await get('/boot/files/a%00b')).status, 403);
  t.is((await get('/boot/files/agent%5cvmlinuz')).status, 403);
  t.is((await get('/boot/files//etc/passwd')).status, 404);
  t.is((await get(`/boot/files/${'a/'.repeat(4000)}`)).status, 404);
  t.is((await get('/boot/files/..%2f..%2fetc/passwd')).status, 403);
  t.is((await get('/boot/files/../../etc/passwd')).status, 403);
  t.is((await get('/boot/files/%zz')).status, 400);
  t.is((await get('/boot/files/agent/vmlinuz', {}, 'PUT')).status, 405);
  for (const foreign of ['/', '/boot', '/boot/ipxe/x', '//', '/agent/v1/claim'])
    t.is((await get(foreign)).status, 418, foreign);
});

test('a PC gets its script; what it says of itself is checked', async (t) => {
  const { get, asked } = await serve(t, files);
  const uuid = '4c4c4544-0042-3510-8052-b4c04f4d4831';
  const answer = await get(`/boot/ipxe?mac=52%3A54%3A00%3A00%3A00%3A01&uuid=${uuid}&arch=bios`);
  t.is(answer.status, 200);
  t.is(answer.headers['cache-control'], 'no-store');
  t.regex(answer.body.toString(), /^#!ipxe\n.*greif\.token=t1 greif\.boot=b1 .*quiet \|\| goto failed/s);
  await get('/boot/ipxe?mac=525400000001&uuid=x%0Aexit&arch=%24');
  t.deepEqual(asked as unknown[], [
    { mac: '52:54:00:00:00:01', uuid, arch: 'bios' },
    { mac: '52:54:00:00:00:01', uuid: undefined, arch: undefined },
  ]);
  t.regex(
    (await get('/boot/ipxe')).body.toString(),
    /^#!ipxe\n.*\/boot\/ipxe\?mac=\$\{/s,
    'a script that asks with its MAC',
  );
  t.is((await get('/boot/ipxe?mac=zz')).status, 400);
});

test('GRUB that came by HTTP gets its configurations at the root; asking twice begins one boot', async (t) => {
  const { get, asked } = await serve(t, files);
  t.is(
    (await get('/grub/grub.cfg')).body.toString(),
    'configfile /grub/machines/$grub_cpu/$net_default_mac.cfg\n',
  );
  const own = '/grub/machines/x86_64/52:54:00:00:00:01.cfg';
  const head = await get(own, {}, 'HEAD');
  const answer = await get(own);
  t.is(head.headers['content-length'], String(answer.body.length));
  t.regex(answer.body.toString(), /^if linux \/boot\/files\/agent\/vmlinuz .*greif\.token=t1 /m);
  t.deepEqual(asked as unknown[], [{ mac: '52:54:00:00:00:01', arch: 'uefi-x64' }]);
  await get(own);
  t.is(asked.length, 2, 'the next start is another boot');
  t.is((await get('/grub/x86_64-efi/command.lst')).status, 404);
  t.is((await get('/grub/machines/x86_64/../../../etc/passwd')).status, 404);
});

test('a plan that fails is said so, and no script', async (t) => {
  const plan = async () => {
    throw new GreifError('INTERNAL', 'the store does not answer');
  };
  const { get } = await serve(t, files, { desk: { plan } });
  const answer = await get('/boot/ipxe?mac=525400000001');
  t.is(answer.status, 500);
  t.notRegex(answer.body.toString(), /^#!ipxe/);
});

test('a file that becomes shorter while it is sent is cut, and the client sees it', async (t) => {
  const { get, folder } = await serve(t, files);
  const file = path.join(folder, 'empty');
  // Far more than the sockets hold, so that most of it is not yet read when the file is cut.
  const sizeBytes = 64 * 1024 * 1024;
  await truncate(file, sizeBytes);
  const answer = await get('/boot/files/empty', {}, 'GET', () => truncate(file, 100));
  t.is(answer.status, 200);
  t.false(answer.whole);
  t.true(answer.body.length < sizeBytes);
});

test('kernel arguments that a loader would misread stop the start', (t) => {
  t.throws(
    () =>
      createBootHttp({
        desk: { plan: async () => ({ bootId: 'b', plan: { kind: 'discover' } }) },
        bootFolder: '/nonexistent',
        serverUrl: 'http://10.0.0.1:8080',
        kernelArguments: 'quiet;reboot',
        log: silentLog,
      }),
    { code: 'CONFIG_INVALID' },
  );
});
