import test from 'ava';
import {
  type Asking,
  type FoundToken,
  hasAnswer,
  type Install,
  refusalOf,
} from '../../src/installs/install.ts';
import { readReport } from '../../src/installs/report.ts';
import { stepOfEvent } from '../../src/installs/step.ts';
import { readSyslog } from '../../src/installs/syslog-message.ts';
import {
  installUrls,
  newInstallTokens,
  purposes,
  scriptUrls,
  tokensFrom,
  withoutTokens,
} from '../../src/installs/tokens.ts';

const at = '2026-03-01T08:00:00.000Z';
const start = Date.parse(at);
const minute = 60_000;

const install = (over: Partial<Install> = {}): Install => ({
  bootId: 'b1',
  orderId: 7,
  machineId: 'm1',
  issuedAt: at,
  answerUntil: new Date(start + 30 * minute).toISOString(),
  ...over,
});
const found = (over: Partial<Install> = {}, more: Partial<FoundToken> = {}): FoundToken => ({
  install: install(over),
  purpose: 'answer',
  ...more,
});
const asking = (over: Partial<Asking> = {}): Asking => ({
  address: '10.0.0.5',
  isMachines: undefined,
  now: start + minute,
  state: 'claimed',
  ...over,
});

test('an answer is for one boot of one machine, within its minutes, until the installer has it', (t) => {
  const cases: [string, FoundToken, Asking, ReturnType<typeof refusalOf>][] = [
    ['first', found(), asking(), undefined],
    ['again', found({ address: '10.0.0.5' }), asking({ state: 'installing' }), undefined],
    ['of another address', found({ address: '10.0.0.6' }), asking(), 'stranger'],
    ['of another adapter', found(), asking({ isMachines: false }), 'stranger'],
    [
      'of another adapter with the address',
      found({ address: '10.0.0.5' }),
      asking({ isMachines: false }),
      'stranger',
    ],
    [
      'of its adapter under a new address',
      found({ address: '10.0.0.6' }),
      asking({ isMachines: true }),
      undefined,
    ],
    ['once the installer has it', found({ closedAt: at }), asking({ isMachines: true }), 'replay'],
    ['after a later boot', found({ replacedAt: at }), asking(), 'replay'],
    ['in the last moment', found(), asking({ now: start + 30 * minute }), undefined],
    ['after its time', found(), asking({ now: start + 30 * minute + 1 }), 'late'],
    ['of an order that is done', found(), asking({ state: 'completed' }), 'ended'],
    ['of an order that failed', found(), asking({ state: 'failed' }), 'ended'],
    ['when the installer is done', found(), asking({ state: 'finishing' }), 'ended'],
  ];
  for (const [name, token, who, expected] of cases) t.is(refusalOf(token, who), expected, name);
});

test('callbacks are good until the order has passed them, a report once', (t) => {
  const of = (purpose: FoundToken['purpose'], state: Asking['state'], more: Partial<FoundToken> = {}) =>
    refusalOf(
      found({ closedAt: at, address: '10.0.0.6' }, { purpose, ...more }),
      asking({ state, now: start + 90 * minute }),
    );
  t.is(of('progress', 'installing'), undefined);
  t.is(of('finished', 'installing'), undefined);
  t.is(of('finished', 'finishing'), undefined);
  t.is(of('finished', 'verifying'), 'ended');
  t.is(of('report', 'claimed'), 'ended');
  t.is(of('report', 'verifying'), undefined);
  t.is(of('report', 'verifying', { usedAt: at }), 'replay');
  t.is(of('report', 'completed', { usedAt: at }), 'replay');
  t.is(of('report', 'cancelled'), 'ended');
});

test('a line of the log tells that the installer has its answer, but not while it may still read it again', (t) => {
  t.false(hasAnswer(install(), start + minute));
  t.false(hasAnswer(install({ deliveredAt: at }), start + 30_000));
  t.true(hasAnswer(install({ deliveredAt: at }), start + 30_001));
  t.false(hasAnswer(install({ deliveredAt: at, closedAt: at }), start + minute));
});

test('the tokens of a boot come from its answer’s, and differ', (t) => {
  const tokens = newInstallTokens();
  t.deepEqual(tokensFrom(tokens.answer), tokens);
  const servers = { serverUrl: 'http://10.0.0.1:8080', secretsUrl: 'https://10.0.0.1:8443' };
  const { answer, ...later } = installUrls(tokens.answer, servers);
  t.deepEqual(scriptUrls(tokens.script, servers), { answer: '', ...later });
  t.true(answer.endsWith(`/${tokens.answer}/`));
  t.is(new Set(Object.values(tokens)).size, purposes.length);
  for (const token of Object.values(tokens)) t.regex(token, /^[\w-]{43}$/);
  t.is(answer, `https://10.0.0.1:8443/install/${tokens.answer}/`);
  t.is(later.script, `https://10.0.0.1:8443/install/${tokens.script}/script`);
  t.is(later.report, `http://10.0.0.1:8080/install/${tokens.report}/report`);
});

test('a text that is kept has no token in it', (t) => {
  const tokens = newInstallTokens();
  const urls = Object.values(
    installUrls(tokens.answer, { serverUrl: 'http://10.0.0.1', secretsUrl: 'http://10.0.0.1' }),
  );
  const line = `cmdline: auto url=${urls[0]}preseed.cfg "${urls[1]}" ${urls.slice(2).join(',')}`;
  const kept = withoutTokens(line);
  for (const token of Object.values(tokens)) t.false(kept.includes(token));
  t.regex(kept, /url=http:\/\/10\.0\.0\.1\/install\/…\/preseed\.cfg/);
});

test('syslog messages of both formats, and of BusyBox, which leaves time and host out', (t) => {
  const read = (text: string) => readSyslog(Buffer.from(text));
  t.deepEqual(read('<30>Mar  1 08:00:00 pc-1 anaconda[812]: starting\tnow\n'), {
    program: 'anaconda',
    text: 'starting now',
  });
  t.deepEqual(read('<13>Mar  1 08:00:00 main-menu[300]: INFO: Menu item selected'), {
    program: 'main-menu',
    text: 'INFO: Menu item selected',
  });
  t.deepEqual(read('<13>debootstrap: I: Retrieving libc6'), {
    program: 'debootstrap',
    text: 'I: Retrieving libc6',
  });
  t.deepEqual(read('<13>1 2026-03-01T08:00:00.000Z pc-1 root 12 ID [a@1 b="\\]"][c@2] \uFEFFhello'), {
    program: 'root',
    text: 'hello',
  });
  t.deepEqual(read('<13>1 2026-03-01T08:00:00.000Z pc-1 root - - - hello: world'), {
    program: 'root',
    text: 'hello: world',
  });
  t.deepEqual(read('<13>no tag at all'), { program: undefined, text: 'no tag at all' });
  for (const text of ['', 'hello', '<999>hello', '<>x', 'GET / HTTP/1.0']) t.is(read(text), undefined, text);
});

test('steps as the query says, or an event of Subiquity or curtin', (t) => {
  t.is(stepOfEvent('partitioning\n', '{}'), 'partitioning');
  const event = { name: 'subiquity/Install/install', event_type: 'start', description: 'installing system' };
  t.is(stepOfEvent(null, JSON.stringify(event)), 'start subiquity/Install/install: installing system');
  t.is(
    stepOfEvent(null, JSON.stringify({ ...event, event_type: 'finish', result: 'SUCCESS' })),
    'finish subiquity/Install/install SUCCESS: installing system',
  );
  for (const body of ['', 'null', '[]', '{"name":1}', '{']) t.is(stepOfEvent(null, body), 'working', body);
  t.is(stepOfEvent('x'.repeat(1000), '').length, 200);
});

test('a report is read as os-release and plain lines; what cannot be one is refused', (t) => {
  const digest = 'a'.repeat(64);
  const text = [
    'os.PRETTY_NAME="Debian GNU/Linux 12 (\\"bookworm\\")"',
    'os.ID=debian',
    "os.VERSION_ID='12'",
    'os.HOME_URL="https://www.debian.org/"',
    'kernel=6.1.0-30-amd64',
    `packages=${digest}`,
    'disk-serial=A',
    'build=',
    'nonsense',
  ].join('\r\n');
  t.deepEqual(readReport(text), {
    osRelease: { id: 'debian', version: '12', prettyName: 'Debian GNU/Linux 12 ("bookworm")' },
    kernel: '6.1.0-30-amd64',
    packagesDigest: digest,
    diskSerial: 'A',
  });
  for (const bad of ['', 'kernel=6', `os.ID=${'x'.repeat(257)}`, 'os.ID=debian\npackages=12'])
    t.throws(() => readReport(bad), { code: 'BAD_REQUEST' }, bad);
});
