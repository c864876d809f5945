import test from 'ava';
import { Turns } from '../../src/core/turns.ts';

test('so many at a time, in order, and one that fails makes room', async (t) => {
  const turns = new Turns(2);
  const started: number[] = [];
  const ends: (() => void)[] = [];
  const all = [0, 1, 2, 3].map((number) =>
    turns.run(async () => {
      started.push(number);
      await new Promise<void>((resolve, reject) =>
        ends.push(number === 0 ? () => reject(new Error()) : resolve),
      );
    }),
  );
  t.deepEqual(started, [0, 1]);
  ends[0]?.();
  await t.throwsAsync(all[0] ?? Promise.resolve());
  t.deepEqual(started, [0, 1, 2]);
  ends[1]?.();
  await all[1];
  t.deepEqual(started, [0, 1, 2, 3]);
  ends[2]?.();
  ends[3]?.();
  await Promise.all(all.slice(1));
});
