import test from 'ava';
import { enterRoom } from './room/enter.ts';

test('a client is served beside one with eight transfers and windows of 64, and over a cable of 1,400 bytes', async (t) => {
  t.deepEqual(await enterRoom(t, 'tftp-clients.ts'), {
    besideGreedy: { isWhole: true, stillRunning: 8 },
    narrow: { one: true, window: true },
    warnings: [],
  });
});
