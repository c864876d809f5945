import test from 'ava';
import fc from 'fast-check';
import {
  assertTransition,
  isEnded,
  orderKinds,
  orderStates,
  orderTransitions,
  successorsOf,
} from '../../src/fleet/order-states.ts';
import { firstStage, hasStage, stageSchema, stepsTo, whereabouts } from '../../src/fleet/stages.ts';

test('skipped stages are walked through', (t) => {
  t.deepEqual(stepsTo('deploy', 'claimed', 'finishing'), ['writing', 'verifying', 'finishing']);
  t.deepEqual(stepsTo('capture', 'claimed', 'completed'), ['capturing', 'verifying', 'completed']);
  t.deepEqual(stepsTo('removal', 'filed', 'verifying'), ['claimed', 'wiping', 'verifying']);
  t.deepEqual(stepsTo('deploy', 'writing', 'writing'), []);
  t.deepEqual(stepsTo('deploy', 'verifying', 'writing'), []);
  t.deepEqual(stepsTo('deploy', 'failed', 'completed'), []);
  t.deepEqual(stepsTo('removal', 'claimed', 'writing'), [], 'a stage of another kind is nowhere ahead');
});

test('every step of a walk is legal, and nobody goes back', (t) => {
  const state = fc.constantFrom(...orderStates);
  fc.assert(
    fc.property(fc.constantFrom(...orderKinds), state, state, (kind, from, to) => {
      let at = from;
      for (const step of stepsTo(kind, from, to)) {
        assertTransition(kind, at, step);
        at = step;
      }
      return at === to || at === from;
    }),
  );
  t.pass();
});

test('an ended order stays as it is, whatever is asked', (t) => {
  for (const kind of orderKinds)
    for (const ended of ['completed', 'failed', 'cancelled'] as const) {
      t.true(isEnded(ended));
      t.deepEqual(orderTransitions[kind][ended], []);
      for (const to of orderStates)
        t.throws(() => assertTransition(kind, ended, to), { code: 'ORDER_TRANSITION' });
    }
});

test('each kind has stages of its own, and every order that is held can fail and be cancelled', (t) => {
  t.is(firstStage('capture'), 'capturing');
  t.false(hasStage('capture', 'writing'));
  t.false(hasStage('deploy', 'wiping'));
  t.deepEqual(stageSchema.options, [
    'writing',
    'verifying',
    'finishing',
    'capturing',
    'wiping',
    'installing',
  ]);
  for (const kind of orderKinds)
    for (const stage of ['claimed', ...stageSchema.options.filter((one) => hasStage(kind, one))] as const)
      t.true(['failed', 'cancelled'].every((end) => (successorsOf(kind, stage) as string[]).includes(end)));
});

test('a capture and a removal may begin anew, a half-deployed disk may not', (t) => {
  t.notThrows(() => assertTransition('capture', 'capturing', 'filed'));
  t.notThrows(() => assertTransition('removal', 'wiping', 'filed'));
  t.throws(() => assertTransition('deploy', 'writing', 'filed'), { code: 'ORDER_TRANSITION' });
});

test('a reason tells how far it came', (t) => {
  const progress = { doneBytes: 43_900, totalBytes: 100_000 };
  t.is(whereabouts({ state: 'writing', progress }), 'at stage writing, 43 %');
  t.is(whereabouts({ state: 'writing' }), 'at stage writing');
  t.is(whereabouts({ state: 'claimed', progress: { doneBytes: 0, totalBytes: 0 } }), 'at stage claimed');
});
