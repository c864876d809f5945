import type { ColumnDefinitionBuilder, Kysely } from 'kysely';
import type { DatabaseKind } from '../database.ts';

const serial = (kind: DatabaseKind) => (column: ColumnDefinitionBuilder) =>
  kind === 'sqlite' ? column.primaryKey().autoIncrement() : column.primaryKey().generatedAlwaysAsIdentity();

/** Channels of images: only their moves, of which the last counts. */
export const channelsMigration = (kind: DatabaseKind) => ({
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('channel_moves')
      .addColumn('id', 'integer', serial(kind))
      .addColumn('image', 'text', (column) => column.notNull())
      .addColumn('channel', 'text', (column) => column.notNull())
      .addColumn('version', 'integer')
      .addColumn('moved_at', 'text', (column) => column.notNull())
      .addColumn('moved_by', 'text', (column) => column.notNull())
      .execute();
    await db.schema
      .createIndex('channel_moves_image')
      .on('channel_moves')
      .columns(['image', 'channel', 'id'])
      .execute();
  },
});
