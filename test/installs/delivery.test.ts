import test from 'ava';
import { sha256Hex } from '../../src/core/ids.ts';
import { mac } from '../fleet/samples.ts';
import { curl, hash, installRoom, secret, wget } from './install-room.ts';

const stranger = ['--interface', '127.0.0.2'];
const gone = { status: 410, body: 'ANSWER_REFUSED: there is nothing here, or not any more\n' };

const report = (lines: Record<string, string>): string[] => [
  '--data-binary',
  Object.entries(lines)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n'),
];
const debian = { 'os.ID': 'debian', 'os.VERSION_ID': '"12"', 'disk-serial': 'A' };

test('an install from the boot script to the report, by curl and wget', async (t) => {
  const room = await installRoom(t);
  const boot = await room.boot('b1');
  t.is((await room.order()).state, 'claimed');
  const answer = await curl(boot.answer('user-data'), '-i');
  t.is(answer.status, 200);
  t.regex(answer.body, /cache-control: no-store/i);
  t.regex(answer.body, new RegExp(secret));
  t.is(await wget(boot.answer('meta-data')), 'instance-id: 1\n');
  t.is((await room.order()).state, 'installing');
  t.regex(await wget(boot.answer('user-data')), new RegExp(boot.tokens.finished));
  t.is((await curl(boot.answer('network-config'))).status, 404);
  t.regex((await curl(boot.answer(''), '--head')).body, /content-type: text\/yaml/i);

  await wget(`${boot.progress}?step=partitioning`);
  t.deepEqual(await curl(boot.answer('user-data')), gone);
  t.regex(await wget(boot.script), new RegExp(boot.tokens.report));
  await wget(boot.finished);
  await wget(boot.finished);
  t.is((await room.order()).state, 'finishing');
  t.deepEqual(await curl(boot.script), gone);
  await room.enter('verifying');
  t.deepEqual(await curl(boot.report, ...report(debian)), { status: 200, body: 'ok\n' });
  const order = await room.order();
  t.is(order.state, 'completed');
  t.like(order.evidence, { kind: 'install', osRelease: { id: 'debian', version: '12' }, diskSerial: 'A' });
  t.deepEqual(await curl(boot.report, ...report(debian)), gone);

  const events = await room.events();
  t.deepEqual(
    events.filter((event) => !event.includes('ANSWER_REFUSED')),
    [
      '→ filed',
      '→ claimed',
      'user-data of the answer was fetched by 127.0.0.1',
      '→ installing',
      'meta-data of the answer was fetched by 127.0.0.1',
      'user-data of the answer was fetched by 127.0.0.1',
      'the installer has its answer: it is served no more',
      'installer: partitioning',
      'the install script was fetched by 127.0.0.1',
      '→ finishing',
      '→ verifying',
      '→ completed',
    ],
  );
  t.deepEqual(room.alarmed, ['replay', 'ended', 'replay']);
});

test('a stranger, a replay, a late fetch and a guess: refused alike, alarmed, and nothing of it is written down', async (t) => {
  const room = await installRoom(t);
  const boot = await room.boot('b1');
  const body = (await curl(boot.answer('user-data'))).body;
  t.regex(body, new RegExp(secret));
  const refused = [
    await curl(boot.answer('user-data'), ...stranger),
    await curl(boot.answer('no-such-file'), ...stranger),
    await curl(boot.script, ...stranger),
    await curl(`${room.url}/install/${'A'.repeat(43)}/user-data`),
    await curl(`${room.url}/install/`),
    await curl(`${room.url}/install/../user-data`, '--path-as-is'),
    await curl(`${room.url}/install/${boot.tokens.finished}/user-data`),
    await curl(`${room.url}/install/${boot.tokens.answer}/finished`),
    await curl(`${room.url}/install/${sha256Hex(boot.tokens.answer)}/user-data`),
  ];
  for (const answer of refused) t.deepEqual(answer, gone);
  await t.throwsAsync(wget(boot.answer('user-data'), '--bind-address=127.0.0.2'), { code: 8 as never });
  room.pass(31);
  t.deepEqual(await curl(boot.answer('user-data')), gone);
  await room.boot('b2');
  t.deepEqual(await curl(boot.answer('user-data')), gone);
  t.deepEqual(await curl(boot.finished), gone);

  t.deepEqual(room.alarmed.toSorted(), [
    ...Array(6).fill('guess'),
    'late',
    'replay',
    'replay',
    ...Array(4).fill('stranger'),
  ]);
  const alarms = (await room.events()).filter((event) => event.startsWith('ANSWER_REFUSED'));
  for (const [reason, sentence] of [
    ['stranger', /a request for answer from 127\.0\.0\.2 was refused: it is not from the machine/],
    ['late', /a request for answer from 127\.0\.0\.1 was refused: its time is over/],
    ['replay', /it is used up/],
  ] as const)
    t.true(
      alarms.some((alarm) => sentence.test(alarm)),
      reason,
    );
  const warned = room.lines.filter((line) => line.startsWith('ANSWER_REFUSED'));
  t.true(warned.length >= 4);

  const written = await room.written();
  t.regex(written, /ANSWER_REFUSED/);
  t.true(written.includes(sha256Hex(boot.tokens.answer)), 'the hash is what is kept');
  for (const hidden of [secret, hash, ...Object.values(boot.tokens)])
    t.false(written.includes(hidden), hidden);
  const told = [...room.lines, ...(await room.events()), JSON.stringify(await room.order())].join('\n');
  t.false(told.includes(sha256Hex(boot.tokens.answer)), 'but in the database alone');
});

test('where the network adapter is seen it counts, whatever its address', async (t) => {
  const room = await installRoom(t, { '127.0.0.1': mac(1), '127.0.0.2': mac(9), '127.0.0.3': mac(1) });
  const boot = await room.boot('b1');
  t.deepEqual(await curl(boot.answer('user-data'), ...stranger), gone);
  t.is((await curl(boot.answer('user-data'))).status, 200);
  t.is((await curl(boot.answer('user-data'), '--interface', '127.0.0.3')).status, 200);
  t.deepEqual(await curl(`${boot.progress}?step=x`, ...stranger), gone);
  t.deepEqual(room.alarmed, ['stranger', 'stranger']);
});

test('who hammers fills neither the history nor the log', async (t) => {
  const room = await installRoom(t);
  const boot = await room.boot('b1');
  await curl(boot.answer('user-data'));
  for (let count = 0; count < 20; count++) await curl(boot.answer('user-data'), ...stranger);
  room.pass(2);
  await curl(boot.answer('user-data'), ...stranger);
  t.is(room.alarmed.length, 21);
  const alarms = (await room.events()).filter((event) => event.startsWith('ANSWER_REFUSED'));
  t.is(alarms.length, 2);
  t.regex(alarms[1] ?? '', /20 times/);
});

test('a report of another system, or one that is no report', async (t) => {
  const room = await installRoom(t);
  const boot = await room.boot('b1');
  await curl(boot.answer('user-data'));
  await curl(boot.finished);
  t.is((await curl(boot.report, '--data-binary', 'hello')).status, 400);
  t.is((await curl(boot.report, '--data-binary', 'x'.repeat(20_000))).status, 413);
  t.is((await room.order()).state, 'finishing');
  const answer = await curl(boot.report, ...report({ ...debian, 'os.ID': 'fedora' }));
  t.is(answer.status, 422);
  const order = await room.order();
  t.is(order.state, 'failed');
  t.is(order.reason?.code, 'EVIDENCE_MISMATCH');
  t.regex(order.reason?.message ?? '', /fedora/);
});

test('methods and paths that are none', async (t) => {
  const room = await installRoom(t);
  const boot = await room.boot('b1');
  t.is((await curl(boot.answer('user-data'), '-X', 'DELETE')).status, 405);
  t.is((await curl(boot.finished, '--head')).status, 405);
  t.is((await curl(boot.answer('user-data'), '--head')).status, 200);
  t.is((await room.order()).state, 'claimed', 'asking for the size alone is no fetch');
  t.is((await curl(`${room.url}/installer`)).status, 418);
  t.deepEqual(room.alarmed, []);
});
