import type { ExecutionContext } from 'ava';
import type { Store } from '../../src/store/open.ts';
import { bootOf, pcMac, start } from '../boot/journal/samples.ts';

type Body = (t: ExecutionContext, store: Store) => Promise<void>;

const minute = 60_000;
const noLimits = { before: 0, perPc: 1000, dhcpOnly: 1000, inAll: 1000 };

/** What every store of the boot journal must do. */
export const boots: Record<string, Body> = {
  'a boot comes back as it was saved last, by id, by MAC and among all': async (t, { boots: store }) => {
    const first = bootOf(pcMac(1), start, [0, { kind: 'discover', stage: 'firmware', arch: 'uefi-x64' }]);
    const second = bootOf(pcMac(1), start + minute, [
      0,
      { kind: 'tftp-sent', file: 'ü\u0001"', sizeBytes: 2 ** 33 },
    ]);
    const other = bootOf(pcMac(2), start + 2 * minute, [0, { kind: 'script' }]);
    await store.save([first, second, other]);
    const grown = { ...first, lastAt: start + 5000, omitted: 3, steps: [...first.steps, ...second.steps] };
    await store.save([grown]);
    await store.save([]);
    t.deepEqual(await store.get(first.id), grown);
    t.is(await store.get('none'), undefined);
    t.deepEqual(await store.list({ limit: 10 }), [other, second, grown]);
    t.deepEqual(await store.list({ limit: 1 }), [other]);
    t.deepEqual(await store.list({ macs: [pcMac(1), pcMac(9)], limit: 10 }), [second, grown]);
    t.deepEqual(await store.list({ macs: [], limit: 10 }), []);
    t.deepEqual(await store.list({ since: start + minute, limit: 10 }), [other, second]);
  },
  'boots are saved all or none': async (t, { boots: store }) => {
    const broken = { ...bootOf(pcMac(2), start), lastAt: null as unknown as number };
    await t.throwsAsync(store.save([bootOf(pcMac(1), start), broken]));
    t.deepEqual(await store.list({ limit: 10 }), []);
  },
  'old boots go, and the oldest of what is too much': async (t, { boots: store }) => {
    const heard = (pc: number, at: number) => bootOf(pcMac(pc), at, [0, { kind: 'discover' }]);
    const fetched = (pc: number, at: number) => bootOf(pcMac(pc), at, [0, { kind: 'tftp-request' }]);
    const left = async () => (await store.list({ limit: 100 })).map(({ id }) => id);
    const series = [1, 2, 3, 4].map((number) => heard(1, start + number * minute));
    const others = [5, 6, 7].map((number) => fetched(number, start + number * minute));
    const ids = [...series, ...others].map(({ id }) => id);
    await store.save([...series, ...others]);
    await store.prune(noLimits);
    t.deepEqual(await left(), ids.toReversed());
    await store.prune({ ...noLimits, before: start + 2 * minute });
    t.deepEqual(await left(), ids.slice(1).reverse());
    await store.prune({ ...noLimits, perPc: 2 });
    t.deepEqual(await left(), ids.slice(2).reverse());
    await store.prune({ ...noLimits, dhcpOnly: 1 });
    t.deepEqual(await left(), ids.slice(3).reverse());
    await store.prune({ ...noLimits, inAll: 2 });
    t.deepEqual(await left(), ids.slice(5).reverse());
  },
};
