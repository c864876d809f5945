import type { ExecutionContext } from 'ava';
import type { Install } from '../../src/installs/install.ts';
import type { Purpose } from '../../src/installs/tokens.ts';
import type { Store } from '../../src/store/open.ts';
import { at, digest, installOrder } from '../fleet/samples.ts';

const later = '2026-03-01T08:30:00.000Z';
const event = { at, actor: 'admin', cause: 'a test' };
const tokens = (boot: string): { hash: string; purpose: Purpose }[] =>
  (['answer', 'report'] as const).map((purpose) => ({ hash: digest(`${boot} ${purpose}`), purpose }));

const opened = async ({ orders, installs }: Store, boot = 'b1'): Promise<Install> => {
  const { id: _id, state: _state, ...asked } = installOrder();
  const known = await orders.open('m1');
  const { id: orderId } = known ?? (await orders.file(asked, event));
  const install = { bootId: boot, orderId, machineId: 'm1', issuedAt: at, answerUntil: later };
  await installs.open(install, tokens(boot));
  return install;
};

export const installs: Record<string, (t: ExecutionContext, store: Store) => Promise<void>> = {
  'installs: found by their tokens’ hashes, and by their order': async (t, store) => {
    const install = await opened(store);
    t.deepEqual(await store.installs.byToken(digest('b1 answer')), { install, purpose: 'answer' });
    t.deepEqual(await store.installs.byToken(digest('b1 report')), { install, purpose: 'report' });
    t.is(await store.installs.byToken(digest('another')), undefined);
    t.deepEqual(await store.installs.ofOrder(install.orderId), install);
    t.is(await store.installs.ofOrder(99), undefined);
  },
  'installs: a later boot replaces the one before it, whose tokens stay known': async (t, store) => {
    const first = await opened(store);
    await store.installs.bind('b1', '10.0.0.5');
    const second = await opened(store, 'b2');
    t.deepEqual(await store.installs.ofOrder(first.orderId), second);
    t.deepEqual((await store.installs.byToken(digest('b1 answer')))?.install, {
      ...first,
      address: '10.0.0.5',
      replacedAt: at,
    });
    t.is(await store.installs.atAddress('10.0.0.5'), undefined);
  },
  'installs: of many addresses at once one is bound': async (t, { installs: store, ...rest }) => {
    await opened({ installs: store, ...rest });
    const addresses = Array.from({ length: 8 }, (_, index) => `10.0.0.${index}`);
    const bound = await Promise.all(addresses.map((address) => store.bind('b1', address)));
    t.is(new Set(bound).size, 1);
    t.is((await store.atAddress(bound[0] ?? ''))?.bootId, 'b1');
  },
  'installs: closed once, and a token used once': async (t, store) => {
    const install = await opened(store);
    await store.installs.delivered('b1', at);
    t.deepEqual((await Promise.all([1, 2].map(() => store.installs.close('b1', later)))).toSorted(), [
      false,
      true,
    ]);
    const hash = digest('b1 report');
    const uses = await Promise.all([at, later].map((when) => store.installs.use(hash, when)));
    t.is(uses.filter(Boolean).length, 1);
    t.false(await store.installs.use(hash, later));
    t.false(await store.installs.use(digest('another'), later));
    t.like(await store.installs.byToken(hash), {
      install: { ...install, deliveredAt: at, closedAt: later },
      purpose: 'report',
    });
  },
};
