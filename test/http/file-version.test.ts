import type { FileHandle } from 'node:fs/promises';
import test from 'ava';
import { versionOf } from '../../src/http/file-version.ts';

const nanosecondsPerMs = 1_000_000n;

/** A file whose change time is what `changedAt` says (ms): nobody can write to a real one in every tick for certain. */
const fakeHandle = (changedAt: () => number): FileHandle =>
  ({
    stat: async () => ({ ino: 7n, size: 3n, ctimeNs: BigInt(changedAt()) * nanosecondsPerMs }),
  }) as unknown as FileHandle;

test('a file at rest has the same version each time', async (t) => {
  const handle = fakeHandle(() => 1_700_000_000_000);
  t.deepEqual(await versionOf(handle), await versionOf(handle));
  t.is((await versionOf(handle)).changedAt, 1_700_000_000_000);
});

test('a file that changed a moment ago is looked at again: a second change may have got the same time', async (t) => {
  const earlier = Date.now() - 5000;
  const times = [Date.now, () => earlier];
  const { changedAt } = await versionOf(fakeHandle(() => times.shift()?.() ?? 0));
  t.is(changedAt, earlier);
});

test('a file that never comes to rest is never taken for the same', async (t) => {
  const handle = fakeHandle(Date.now);
  t.not((await versionOf(handle)).version, (await versionOf(handle)).version);
});

test('a change time in the future is told as now', async (t) => {
  const { changedAt } = await versionOf(fakeHandle(() => Date.now() + 3_600_000));
  t.true(changedAt <= Date.now());
});
