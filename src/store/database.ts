import type { Kysely } from 'kysely';
import type { Tables } from './schema.ts';

export type DatabaseKind = 'sqlite' | 'postgres';

/** A Kysely over our tables, with or without an open transaction. */
export type Database = Kysely<Tables>;

/** `undefined` for what SQL calls null, so that rows become the fleet's optional fields. */
export const present = <T extends object>(row: T): { [K in keyof T]?: NonNullable<T[K]> } =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };

/** PostgreSQL's SQLSTATE 23505 and SQLite's extended codes SQLITE_CONSTRAINT_UNIQUE and _PRIMARYKEY. */
export const isUniqueViolation = (error: unknown): boolean => {
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  return code === '23505' || errcode === 2067 || errcode === 1555;
};
