import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Driver, SqliteAdapter, SqliteDialect } from 'kysely';
import { GreifError } from '../core/errors.ts';
import { SqliteDriver } from './sqlite-driver.ts';
import { SqliteThread } from './sqlite-thread.ts';

/** SQLite's schema changes are transactional, which Kysely's own adapter denies: a migration is done whole or not at all. */
class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** Kysely's SQL for SQLite, carried out by a thread of its own. */
class ThreadDialect extends SqliteDialect {
  readonly #thread: SqliteThread;

  constructor(thread: SqliteThread) {
    super({
      database: async () => {
        throw new Error('the driver has its own');
      },
    });
    this.#thread = thread;
  }

  override createDriver(): Driver {
    return new SqliteDriver(this.#thread);
  }

  override createAdapter(): SqliteAdapter {
    return new TransactionalSqliteAdapter();
  }
}

/** The embedded database: `greif.sqlite` in the data folder. Throws CONFIG_INVALID when it cannot be opened. */
export const sqliteDialect = async (folder: string): Promise<SqliteDialect> => {
  const path = join(folder, 'greif.sqlite');
  try {
    mkdirSync(folder, { recursive: true });
    return new ThreadDialect(await SqliteThread.open(path));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const remedy = 'check the folder and its rights, or set folders.data to another one';
    throw new GreifError('CONFIG_INVALID', `the database ${path} cannot be opened (${reason}): ${remedy}`, {
      cause,
    });
  }
};
