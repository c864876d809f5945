import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { type Dialect, SqliteAdapter, type SqliteDatabase, SqliteDialect } from 'kysely';
import { GreifError } from '../core/errors.ts';

/** SQLite's schema changes are transactional, which Kysely's own adapter denies: a migration is done whole or not at all. */
class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class NodeSqliteDialect extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new TransactionalSqliteAdapter();
  }
}

/** `node:sqlite` in the shape of better-sqlite3, which Kysely's dialect speaks. */
const asKyselyDatabase = (file: DatabaseSync): SqliteDatabase => ({
  close: () => file.close(),
  prepare(query) {
    // A transaction that reads before it writes could otherwise find the file taken at the write, when it is too late to wait.
    const statement = file.prepare(query === 'begin' ? 'begin immediate' : query);
    const bound = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
    return {
      reader: statement.columns().length > 0,
      all: (parameters) => statement.all(...bound(parameters)),
      run: (parameters) => statement.run(...bound(parameters)),
      iterate: (parameters) => statement.iterate(...bound(parameters)),
    };
  },
});

const openFile = (folder: string, path: string): DatabaseSync => {
  mkdirSync(folder, { recursive: true });
  const file = new DatabaseSync(path, { timeout: 5000, enableForeignKeyConstraints: true });
  // FULL: a commit is on the disk when it returns, also after a power cut.
  file.exec('pragma journal_mode = wal; pragma synchronous = full;');
  return file;
};

/** The embedded database: `greif.sqlite` in the data folder. Throws CONFIG_INVALID when it cannot be opened. */
export const sqliteDialect = (folder: string): Dialect => {
  const path = join(folder, 'greif.sqlite');
  try {
    return new NodeSqliteDialect({ database: asKyselyDatabase(openFile(folder, path)) });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const remedy = 'check the folder and its rights, or set folders.data to another one';
    throw new GreifError('CONFIG_INVALID', `the database ${path} cannot be opened (${reason}): ${remedy}`, {
      cause,
    });
  }
};
