import { mkdir, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import { silentLog } from '../../src/core/log.ts';
import { openInstallLogs } from '../../src/installs/install-logs.ts';
import { temporaryFolder } from '../image/temporary-folder.ts';

test('what installers have logged outlives the appliance, in order', async (t) => {
  const folder = path.join(await temporaryFolder(t), 'data/install-logs');
  const logs = await openInstallLogs(folder, silentLog);
  t.deepEqual(await logs.tail(1), []);
  for (let line = 0; line < 300; line++) logs.add(1, `line ${line}`);
  logs.add(2, 'x'.repeat(5000));
  await logs.close();
  const again = await openInstallLogs(folder, silentLog);
  again.add(1, 'after the restart');
  t.deepEqual(await again.tail(1, 2), ['line 299', 'after the restart']);
  t.is((await again.tail(1)).length, 200);
  t.is((await again.tail(2))[0]?.length, 1000);
});

test('an installer that never stops talking keeps a mebibyte, and only the newest orders are kept', async (t) => {
  const folder = await temporaryFolder(t);
  const logs = await openInstallLogs(folder, silentLog);
  for (let round = 0; round < 30; round++) {
    for (let line = 0; line < 100; line++) logs.add(1, `${round}.${line} ${'x'.repeat(900)}`);
    t.regex((await logs.tail(1, 1))[0] ?? '', new RegExp(`^${round}\\.99 x{900}$`));
    t.true((await stat(path.join(folder, '1.log'))).size < 1.2 * 2 ** 20);
  }
  const lines = await logs.tail(1, 10_000);
  t.true(lines.length > 400);
  t.true(
    lines.every((line) => /^\d+\.\d+ x{900}$/.test(line)),
    'none is cut',
  );
  for (let order = 2; order < 600; order++) logs.add(order, 'x');
  await logs.close();
  t.is((await readdir(folder)).length, 500);
  t.deepEqual(await logs.tail(99), []);
  t.deepEqual(await logs.tail(100), ['x']);
});

test('a log that cannot be written is said, and what comes later is kept', async (t) => {
  const folder = await temporaryFolder(t);
  const lines: string[] = [];
  const logs = await openInstallLogs(folder, { ...silentLog, warn: (line: string) => void lines.push(line) });
  await mkdir(path.join(folder, '1.log'));
  logs.add(1, 'lost');
  await logs.close();
  t.deepEqual(lines, ['an installer’s log could not be kept']);
  logs.add(2, 'kept');
  t.deepEqual(await logs.tail(2), ['kept']);
});
