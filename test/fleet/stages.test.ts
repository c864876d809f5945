import test from 'ava';
import fc from 'fast-check';
import { assertTransition, orderStates, orderTransitions } from '../../src/fleet/order.ts';
import { stepsTo, whereabouts } from '../../src/fleet/stages.ts';

test('skipped stages are walked through', (t) => {
  t.deepEqual(stepsTo('claimed', 'finishing'), ['writing', 'verifying', 'finishing']);
  t.deepEqual(stepsTo('writing', 'writing'), []);
  t.deepEqual(stepsTo('verifying', 'writing'), []);
  t.deepEqual(stepsTo('failed', 'completed'), []);
});

test('every step of a walk is legal, and nobody goes back', (t) => {
  const state = fc.constantFrom(...orderStates);
  fc.assert(
    fc.property(state, state, (from, to) => {
      let at = from;
      for (const step of stepsTo(from, to)) {
        assertTransition(at, step);
        at = step;
      }
      return at === to || at === from;
    }),
  );
  t.pass();
});

test('an ended order stays as it is, whatever is asked', (t) => {
  for (const ended of ['completed', 'failed', 'cancelled'] as const) {
    t.deepEqual(orderTransitions[ended], []);
    for (const to of orderStates) t.throws(() => assertTransition(ended, to), { code: 'ORDER_TRANSITION' });
  }
});

test('a reason tells how far it came', (t) => {
  const progress = { doneBytes: 43_900, totalBytes: 100_000 };
  t.is(whereabouts({ state: 'writing', progress }), 'at stage writing, 43 %');
  t.is(whereabouts({ state: 'writing' }), 'at stage writing');
  t.is(whereabouts({ state: 'claimed', progress: { doneBytes: 0, totalBytes: 0 } }), 'at stage claimed');
});
