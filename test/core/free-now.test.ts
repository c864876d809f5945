import test from 'ava';
import { freeNow } from '../../src/core/free-now.ts';

test('memory of its own is given back, a slice of what others use is not', (t) => {
  const own = Buffer.allocUnsafeSlow(1_000_000);
  const view = own.subarray(5, 10);
  freeNow(view);
  t.is(own.length, 0);
  const [pooled, neighbour] = [Buffer.from('mine'), Buffer.from('yours')];
  freeNow(pooled);
  t.is(neighbour.toString(), 'yours');
  const shared = Buffer.from(new SharedArrayBuffer(8));
  freeNow(shared);
  t.is(shared.length, 8);
});
