import test from 'ava';
import { type Declaration, resolveVariables, typedValue } from '../../src/fleet/variables.ts';

const profile = (variables: Record<string, Declaration>) => ({ name: 'lab', variables });

test('of the places where a value is set the last one counts, and each value tells its place', (t) => {
  const resolved = resolveVariables(
    profile({
      a: { type: 'string', default: 'preset' },
      b: { type: 'integer', default: 1 },
      c: { type: 'boolean' },
      d: { type: 'list' },
    }),
    [
      { from: 'site', values: { b: 2, c: true, d: ['x'] } },
      { from: 'room:R101', values: { c: false, d: 'y, z' } },
      { from: 'machine', values: { other: 'nobody asks' } },
    ],
  );
  t.deepEqual(resolved, {
    a: { value: 'preset', from: 'profile' },
    b: { value: 2, from: 'site' },
    c: { value: false, from: 'room:R101' },
    d: { value: ['y', 'z'], from: 'room:R101' },
  });
});

test('what nobody has set is an error that names it, also where the name is one of Object', (t) => {
  const error = t.throws(
    () =>
      resolveVariables(profile({ ['constructor' as string]: { type: 'string' }, b: { type: 'list' } }), []),
    { code: 'VARIABLE_UNDEFINED' },
  );
  t.regex(error.message, /lab needs constructor, b, .*greif site set constructor=VALUE/);
});

test('a value of another type is refused by its place, and not repeated: it may be a secret', (t) => {
  const error = t.throws(
    () =>
      resolveVariables(profile({ n: { type: 'integer' } }), [{ from: 'group:x', values: { n: 'hunter2' } }]),
    { code: 'VARIABLE_INVALID' },
  );
  t.regex(error.message, /n, as group:x has it, must be a whole number/);
  t.notRegex(error.message, /hunter2/);
});

test('text is read as the type says', (t) => {
  t.is(typedValue('integer', '-12'), -12);
  t.is(typedValue('integer', '1e3'), undefined);
  t.is(typedValue('boolean', 'true'), true);
  t.is(typedValue('boolean', 'yes'), undefined);
  t.is(typedValue('boolean', 'constructor'), undefined);
  t.is(typedValue('string', 5), undefined);
  t.deepEqual(typedValue('list', 'a, b,,'), ['a', 'b']);
});
