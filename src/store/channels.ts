import type { ChannelMove } from '../fleet/channel.ts';
import type { ChannelStore } from '../fleet/ports.ts';
import { type Database, present } from './database.ts';

export const channelStore = (db: Database): ChannelStore => {
  const newestFirst = () => db.selectFrom('channelMoves').orderBy('id', 'desc');
  const columns = ['image', 'channel', 'version', 'movedAt', 'movedBy'] as const;
  return {
    async move({ version, ...move }) {
      await db
        .insertInto('channelMoves')
        .values({ ...move, version: version ?? null })
        .execute();
    },
    async list(image) {
      const last = db
        .selectFrom('channelMoves')
        .select(({ fn }) => fn.max('id').as('id'))
        .groupBy(['image', 'channel']);
      const rows = await db
        .selectFrom('channelMoves')
        .select(columns)
        .where('id', 'in', last)
        .where('version', 'is not', null)
        .$if(image !== undefined, (query) => query.where('image', '=', image ?? ''))
        .orderBy('image')
        .orderBy('channel')
        .execute();
      return rows.map((row) => present(row) as ChannelMove);
    },
    async history(image) {
      const rows = await newestFirst().select(columns).where('image', '=', image).execute();
      return rows.map((row) => present(row) as ChannelMove);
    },
  };
};
