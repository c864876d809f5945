import test from 'ava';
import { facts, formatBytes, formatDuration, percent, table } from '../../src/cli/format.ts';

test('sizes are short and never lie upwards', (t) => {
  const shown = [0, 1023, 1024, 1536, 10 * 2 ** 20, 64 * 2 ** 30, 2 ** 40].map(formatBytes);
  t.deepEqual(shown, ['0 B', '1023 B', '1.0 KiB', '1.5 KiB', '10 MiB', '64 GiB', '1.0 TiB']);
});

test('a hundred per cent is all', (t) => {
  t.deepEqual([percent(0, 0), percent(999, 1000), percent(1000, 1000), percent(5, 1)], [0, 99, 100, 100]);
});

test('durations, tables and facts line up', (t) => {
  t.deepEqual([formatDuration(900), formatDuration(200_000)], ['1 s', '3 min 20 s']);
  t.is(
    table(
      ['A', 'LONG'],
      [
        ['wide one', ''],
        ['x', 'y'],
      ],
    ),
    'A         LONG\nwide one\nx         y',
  );
  t.is(
    facts([
      ['a', 'one'],
      ['none', undefined],
      ['longer', 'two'],
    ]),
    'a:      one\nlonger: two',
  );
});
