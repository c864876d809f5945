/** The thread that has the database file open; `SqliteThread` speaks to it. */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { Answer, Call } from './sqlite-thread.ts';

const mostStatements = 200;

const file = new DatabaseSync(workerData, { timeout: 5000, enableForeignKeyConstraints: true });
// FULL: a commit is on the disk when it returns, also after a power cut.
file.exec('pragma journal_mode = wal; pragma synchronous = full;');

const statements = new Map<string, StatementSync>();

/** Kept for the next time: preparing costs more than running. */
const prepare = (sql: string): StatementSync => {
  const present = statements.get(sql);
  if (present) return present;
  if (statements.size >= mostStatements) statements.clear();
  const statement = file.prepare(sql);
  statements.set(sql, statement);
  return statement;
};

const run = (sql: string, parameters: readonly unknown[]): Answer => {
  const statement = prepare(sql);
  const bound = parameters as SQLInputValue[];
  if (statement.columns().length > 0)
    return { rows: statement.all(...bound), changes: 0, lastInsertRowid: 0 };
  const { changes, lastInsertRowid } = statement.run(...bound);
  return { rows: [], changes: Number(changes), lastInsertRowid: Number(lastInsertRowid) };
};

const fault = (thrown: unknown): Answer => {
  const { message, code, errcode } = thrown as Error & { code?: string; errcode?: number };
  return { message, code, errcode };
};

const answer = (sql: string, parameters: readonly unknown[]): Answer => {
  try {
    return run(sql, parameters);
  } catch (thrown) {
    return fault(thrown);
  }
};

parentPort?.on('message', (call: Call) => {
  if (call !== 'close') return parentPort?.postMessage(answer(call.sql, call.parameters));
  file.close();
  parentPort?.close();
});
