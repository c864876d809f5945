import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { silentLog } from '../../src/core/log.ts';
import { openStore, type Store } from '../../src/store/open.ts';
import { sqliteDialect } from '../../src/store/sqlite.ts';
import { at, machine } from '../fleet/samples.ts';
import { newOrder, storeContract } from './contract.ts';
import { assertOldOrders, writeOldOrders } from './old-orders.ts';

const newFolder = async (t: ExecutionContext): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'greif-sqlite-'));
  t.teardown(() => rm(folder, { recursive: true }));
  return folder;
};

const open = async (t: ExecutionContext, folder: string): Promise<Store> => {
  const store = await openStore({ database: 'sqlite', folder, log: silentLog });
  t.teardown(() => store.close());
  return store;
};

storeContract(test, async (t) => open(t, await newFolder(t)));

const inFile = <T>(folder: string, work: (file: DatabaseSync) => T): T => {
  const file = new DatabaseSync(join(folder, 'greif.sqlite'));
  try {
    return work(file);
  } finally {
    file.close();
  }
};

test('what was saved is there after the next start', async (t) => {
  const folder = await newFolder(t);
  const first = await openStore({ database: 'sqlite', folder, log: silentLog });
  await first.machines.save(machine());
  await first.close();
  t.deepEqual(await (await open(t, folder)).machines.list(), [machine()]);
});

test('readers never wait for writers: the file is in WAL mode', async (t) => {
  const folder = await newFolder(t);
  await open(t, folder);
  t.is(
    inFile(folder, (file) => file.prepare('pragma journal_mode').get()?.['journal_mode']),
    'wal',
  );
});

test('a lease is flushed to the disk before its promise resolves: a commit costs an fsync', async (t) => {
  const folder = await newFolder(t);
  const trace = join(folder, 'trace');
  const program = `
    import { openStore } from ${JSON.stringify(new URL('../../src/store/open.ts', import.meta.url).href)};
    import { silentLog } from ${JSON.stringify(new URL('../../src/core/log.ts', import.meta.url).href)};
    const store = await openStore({ database: 'sqlite', folder: process.argv[1], log: silentLog });
    const lease = { address: '10.0.0.1', clientKey: 'k', mac: 'm', state: 'leased', expiresAt: 1 };
    process.stderr.write('saving');
    await store.leases.save([lease]);
    process.stderr.write('saved');
    await store.close();`;
  const args = ['-f', '-e', 'trace=fsync,fdatasync,write', '-o', trace, process.execPath];
  await promisify(execFile)('strace', [...args, '--input-type=module', '-e', program, folder]);
  const calls = await readFile(trace, 'utf8');
  const meanwhile = calls.slice(calls.indexOf('"saving"'), calls.indexOf('"saved"'));
  // A call into which one of another thread falls is written in two parts.
  t.regex(meanwhile, /f(data)?sync(\(\d+\)| resumed>\))\s+= 0/);
});

test('the history cannot be changed or deleted, by nobody', async (t) => {
  const folder = await newFolder(t);
  const store = await open(t, folder);
  const event = { at, actor: 'admin', cause: 'filed' };
  await store.orders.file(newOrder, event);
  for (const statement of ["update order_events set cause = 'x'", 'delete from order_events'])
    t.throws(() => inFile(folder, (file) => file.exec(statement)), { message: /never changed or deleted/ });
  t.throws(() => inFile(folder, (file) => file.exec('delete from orders')), { message: /FOREIGN KEY/ });
});

test('a database of a newer Greif is refused and left alone', async (t) => {
  const folder = await newFolder(t);
  await (await openStore({ database: 'sqlite', folder, log: silentLog })).close();
  inFile(folder, (file) =>
    file.exec("insert into kysely_migration values ('9999-later', '2030-01-01T00:00:00.000Z')"),
  );
  const error = await t.throwsAsync(openStore({ database: 'sqlite', folder, log: silentLog }), {
    code: 'CONFIG_INVALID',
  });
  t.regex(error?.message ?? '', /newer Greif \(9999-later\)/);
});

test('orders of a Greif that knew no kinds are there to deploy', async (t) => {
  const folder = await newFolder(t);
  await writeOldOrders(await sqliteDialect(folder), 'sqlite');
  await assertOldOrders(t, await open(t, folder));
});

test('a file that is no database, and a folder that cannot be one, are named with the remedy', async (t) => {
  const folder = await newFolder(t);
  await writeFile(join(folder, 'greif.sqlite'), 'this is a letter, not a database. '.repeat(100));
  for (const place of [folder, join(folder, 'greif.sqlite')]) {
    const opening = openStore({ database: 'sqlite', folder: place, log: silentLog });
    const error = await t.throwsAsync(opening, { code: 'CONFIG_INVALID' });
    t.regex(error?.message ?? '', /greif\.sqlite cannot be opened .*check the folder/);
  }
});
