import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely';
import type { SqliteThread } from './sqlite-thread.ts';

/** The one connection that SQLite has, passed on in the order of asking: a transaction keeps it to its end. */
export class SqliteDriver implements Driver {
  readonly #thread: SqliteThread;
  readonly #connection: DatabaseConnection;
  readonly #waiting: (() => void)[] = [];
  #isTaken = false;

  constructor(thread: SqliteThread) {
    this.#thread = thread;
    this.#connection = {
      executeQuery: (query) => this.#execute(query),
      // biome-ignore lint/correctness/useYield: an interface that asks for a generator
      async *streamQuery() {
        throw new Error('SQLite results come whole');
      },
    };
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    if (this.#isTaken) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#isTaken = true;
    return this.#connection;
  }

  async releaseConnection(): Promise<void> {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#isTaken = false;
  }

  async beginTransaction(): Promise<void> {
    // A transaction that reads before it writes could otherwise find the file taken at the write, when it is too late to wait.
    await this.#thread.run('begin immediate', []);
  }

  async commitTransaction(): Promise<void> {
    await this.#thread.run('commit', []);
  }

  async rollbackTransaction(): Promise<void> {
    await this.#thread.run('rollback', []);
  }

  async destroy(): Promise<void> {
    await this.#thread.close();
  }

  async #execute<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const { rows, changes, lastInsertRowid } = await this.#thread.run(sql, parameters);
    return {
      rows: rows as Row[],
      numAffectedRows: BigInt(changes),
      insertId: BigInt(lastInsertRowid),
    };
  }
}
