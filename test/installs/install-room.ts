import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ExecutionContext } from 'ava';
import type { Log } from '../../src/core/log.ts';
import type { InstallOrder, Order } from '../../src/fleet/order.ts';
import type { OrderState } from '../../src/fleet/order-states.ts';
import { createAlarms } from '../../src/installs/alarms.ts';
import { createInstallDesk } from '../../src/installs/desk.ts';
import { createDoor } from '../../src/installs/door.ts';
import { createInstallHttp } from '../../src/installs/http.ts';
import type { RefusalReason } from '../../src/installs/install.ts';
import { openInstallLogs } from '../../src/installs/install-logs.ts';
import { createInstallerEar } from '../../src/installs/installer-ear.ts';
import type { AnswerMaker } from '../../src/installs/ports.ts';
import { tokensFrom } from '../../src/installs/tokens.ts';
import { openStore } from '../../src/store/open.ts';
import { serve } from '../delivery/serve.ts';
import { at, installOrder, machine } from '../fleet/samples.ts';

export const secret = 'S3cret-of-the-domain';
export const hash = '$6$salt$hash-of-a-password';

const answers: AnswerMaker = {
  answer: async (_order, _machine, { urls }) => [
    {
      name: 'user-data',
      contentType: 'text/yaml',
      text: `key: ${secret}\nhash: ${hash}\n${urls.finished}\n`,
    },
    { name: 'meta-data', contentType: 'text/yaml', text: 'instance-id: 1\n' },
  ],
  script: async (_order, _machine, { urls }) => ({
    name: 'install.sh',
    contentType: 'text/x-shellscript',
    text: `#!/bin/sh\necho ${hash}\n${urls.report}\n`,
  }),
};

/** A log that keeps every line with its fields as text, at every level. */
const keepingLog = () => {
  const lines: string[] = [];
  const keep = (message: string, fields?: object) =>
    void lines.push(`${message} ${JSON.stringify(fields ?? {})}`);
  const log: Log = { debug: keep, info: keep, warn: keep, error: keep, child: () => log };
  return { log, lines };
};

/** One machine with an install order, the desk over a real SQLite store, and its routes on a loopback port. */
export const installRoom = async (t: ExecutionContext, macs: Record<string, string> = {}) => {
  const folder = await mkdtemp(join(tmpdir(), 'greif-installs-'));
  const { log, lines } = keepingLog();
  const store = await openStore({ database: 'sqlite', folder, log });
  t.teardown(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });
  let now = Date.parse(at);
  const clock = () => now;
  const pc = machine();
  await store.machines.save(pc);
  const { id: _id, state: _state, ...asked } = installOrder();
  const filed = await store.orders.file(asked, { at, actor: 'admin', cause: 'filed' });
  const alarmed: RefusalReason[] = [];
  const alarms = createAlarms({
    orders: store.orders,
    clock,
    log,
    onAlarm: (reason) => alarmed.push(reason),
  });
  const logs = await openInstallLogs(join(folder, 'install-logs'), log);
  const macAt = (address: string) => macs[address];
  const shared = { ...store, macAt, logs, clock, log };
  const door = createDoor({ ...shared, alarms });
  const desk = createInstallDesk({ ...shared, door, answers, answerMinutes: 30, logPort: 514 });
  const ear = createInstallerEar(shared);
  const servers = { serverUrl: 'http://10.0.0.1:8080', secretsUrl: 'https://10.0.0.1:8443' };
  const routes = createInstallHttp({ desk, servers, log });
  const { url } = await serve(
    t,
    (request, response) => routes(request, response) || response.writeHead(418).end(),
  );

  const order = async (): Promise<Order> => (await store.orders.get(filed.id)) as Order;
  return {
    store,
    folder,
    desk,
    ear,
    logs,
    url,
    alarmed,
    lines,
    order,
    orderId: filed.id,
    pass(minutes: number): void {
      now += minutes * 60_000;
    },
    /** What the boot desk does at the PC's start. */
    async boot(bootId: string) {
      const tokens = tokensFrom(await desk.issue((await order()) as InstallOrder, bootId));
      const path = (purpose: keyof typeof tokens, file: string) =>
        `${url}/install/${tokens[purpose]}/${file}`;
      return {
        tokens,
        answer: (file: string) => path('answer', file),
        script: path('script', 'script'),
        progress: path('progress', 'progress'),
        finished: path('finished', 'finished'),
        report: path('report', 'report'),
      };
    },
    enter: (to: OrderState) => store.orders.transition(filed.id, to, { at, actor: 'admin', cause: 'test' }),
    events: async () =>
      (await store.orders.events(filed.id)).map(({ to, cause }) => (to ? `→ ${to}` : cause)),
    /** Everything that was written: the database with its journal, and the log. */
    async written(): Promise<string> {
      const files = ['greif.sqlite', 'greif.sqlite-wal'].map((name) =>
        readFile(join(folder, name), 'latin1').catch(() => ''),
      );
      return [...(await Promise.all(files)), ...lines].join('\n');
    },
  };
};

const run = promisify(execFile);

/** The status and body that curl gets, from an address of its own. */
export const curl = async (url: string, ...args: string[]): Promise<{ status: number; body: string }> => {
  const { stdout } = await run('curl', ['-s', '-w', '\n%{http_code}', ...args, url]);
  const at = stdout.lastIndexOf('\n');
  return { status: Number(stdout.slice(at + 1)), body: stdout.slice(0, at) };
};

/** What wget prints of the file; throws with its exit status, which is 8 when it is refused. */
export const wget = async (url: string, ...args: string[]): Promise<string> =>
  (await run('wget', ['-q', '-O', '-', ...args, url])).stdout;
