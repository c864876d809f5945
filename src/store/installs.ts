import type { FoundToken, Install, InstallStore } from '../installs/install.ts';
import { type Database, present } from './database.ts';
import type { InstallRow } from './schema.ts';

const toInstall = (row: InstallRow): Install => present(row) as Install;

export const installStore = (db: Database): InstallStore => ({
  async open(install, tokens) {
    const { bootId, orderId, issuedAt } = install;
    await db.transaction().execute(async (tx) => {
      await tx
        .updateTable('installs')
        .set({ replacedAt: issuedAt })
        .where('orderId', '=', orderId)
        .where('replacedAt', 'is', null)
        .execute();
      await tx.insertInto('installs').values(install).execute();
      await tx
        .insertInto('installTokens')
        .values(tokens.map((token) => ({ ...token, bootId })))
        .execute();
    });
  },
  async byToken(hash) {
    const row = await db
      .selectFrom('installTokens')
      .innerJoin('installs', 'installs.bootId', 'installTokens.bootId')
      .selectAll('installs')
      .select(['installTokens.purpose', 'installTokens.usedAt'])
      .where('installTokens.hash', '=', hash)
      .executeTakeFirst();
    if (!row) return undefined;
    const { purpose, usedAt, ...install } = row;
    return { install: toInstall(install), purpose, ...(usedAt !== null && { usedAt }) } satisfies FoundToken;
  },
  async ofOrder(orderId) {
    const row = await db
      .selectFrom('installs')
      .selectAll()
      .where('orderId', '=', orderId)
      .where('replacedAt', 'is', null)
      .executeTakeFirst();
    return row && toInstall(row);
  },
  async atAddress(address) {
    const row = await db
      .selectFrom('installs')
      .selectAll()
      .where('address', '=', address)
      .where('replacedAt', 'is', null)
      .orderBy('issuedAt', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row && toInstall(row);
  },
  async bind(bootId, address) {
    await db
      .updateTable('installs')
      .set({ address })
      .where('bootId', '=', bootId)
      .where('address', 'is', null)
      .execute();
    const bound = await db
      .selectFrom('installs')
      .select('address')
      .where('bootId', '=', bootId)
      .executeTakeFirstOrThrow();
    return bound.address ?? address;
  },
  async delivered(bootId, at) {
    await db.updateTable('installs').set({ deliveredAt: at }).where('bootId', '=', bootId).execute();
  },
  async close(bootId, at) {
    const closed = await db
      .updateTable('installs')
      .set({ closedAt: at })
      .where('bootId', '=', bootId)
      .where('closedAt', 'is', null)
      .returning('bootId')
      .executeTakeFirst();
    return closed !== undefined;
  },
  async use(hash, at) {
    const used = await db
      .updateTable('installTokens')
      .set({ usedAt: at })
      .where('hash', '=', hash)
      .where('usedAt', 'is', null)
      .returning('hash')
      .executeTakeFirst();
    return used !== undefined;
  },
});
