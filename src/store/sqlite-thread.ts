import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** A statement, or the end. */
export type Call = { sql: string; parameters: readonly unknown[] } | 'close';

export type Answer =
  | { rows: unknown[]; changes: number; lastInsertRowid: number }
  /** `errcode`: SQLite's extended code, by which a violated constraint is known. */
  | { message: string; code: string | undefined; errcode: number | undefined };

type Result = Extract<Answer, { rows: unknown[] }>;

interface Waiter {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/**
 * SQLite in a thread of its own: while a commit is flushed to the disk (half a millisecond to ten) the appliance goes on answering. It keeps the
 * process alive only while it is asked something.
 */
export class SqliteThread {
  readonly #worker: Worker;
  readonly #waiting: Waiter[] = [];
  #failure: Error | undefined;

  private constructor(path: string) {
    this.#worker = new Worker(new URL('./sqlite-worker.ts', import.meta.url), {
      workerData: path,
      execArgv: [],
    });
    this.#worker.unref();
    this.#worker.on('message', (answer: Answer) => {
      this.#waiting.shift()?.resolve(answer);
      if (this.#waiting.length === 0) this.#worker.unref();
    });
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('the database is closed')));
  }

  /** Throws SQLite's error when the file cannot be opened. */
  static async open(path: string): Promise<SqliteThread> {
    const thread = new SqliteThread(path);
    await thread.run('select 1', []);
    return thread;
  }

  /** Statements are carried out in the order of the calls. Throws SQLite's error with its `errcode`. */
  async run(sql: string, parameters: readonly unknown[]): Promise<Result> {
    const answer = await this.#ask({ sql, parameters });
    if ('rows' in answer) return answer;
    const { message, ...codes } = answer;
    throw Object.assign(new Error(message), codes);
  }

  async close(): Promise<void> {
    if (this.#failure) return;
    this.#worker.postMessage('close' satisfies Call);
    this.#worker.ref();
    await once(this.#worker, 'exit');
  }

  #ask(call: Call): Promise<Answer> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      if (this.#waiting.push({ resolve, reject }) === 1) this.#worker.ref();
      this.#worker.postMessage(call);
    });
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }
}
