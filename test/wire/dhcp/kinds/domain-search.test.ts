import test from 'ava';
import fc from 'fast-check';
import { domainSearch } from '../../../../src/wire/dhcp/kinds/domain-search.ts';
import { isWritten, keepsContract, refusesBytes, refusesValues } from './contract.ts';

const label = fc.oneof(fc.stringMatching(/^[a-z0-9-]{1,20}$/), fc.constantFrom('edu', 'lab', 'x'.repeat(63)));
const name = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join('.'));

test('domains to search, compressed as in RFC 3397', (t) => {
  keepsContract(t, domainSearch, fc.array(name, { minLength: 1, maxLength: 6 }));
  isWritten(
    t,
    domainSearch,
    ['eng.apple.com', 'marketing.apple.com'],
    '03656e67' + '056170706c65' + '03636f6d' + '00' + '096d61726b6574696e67' + 'c004',
  );
  isWritten(t, domainSearch, ['lab.edu', 'edu', 'lab.edu'], '036c61620365647500' + 'c004' + 'c000');
});

test('names that run in a circle, forward or out of the option are refused', (t) => {
  refusesBytes(
    t,
    domainSearch,
    'c000',
    '0161c000',
    '0161c002',
    'c0020161c000',
    '016100c006016100',
    '016100c0',
    '016100ffff',
    '0161',
    '',
  );
  // A pointer to a name that goes on behind the pointer itself would read that pointer again.
  refusesBytes(t, domainSearch, '0161056262c000');
});

test('labels and names that DNS cannot have are refused', (t) => {
  refusesBytes(
    t,
    domainSearch,
    '00',
    '4061',
    '8061',
    '03612e6200',
    '0161' + '00' + '00',
    `${`3f${'61'.repeat(63)}`.repeat(4)}00`,
  );
  refusesValues(
    t,
    domainSearch,
    [],
    [''],
    ['a..b'],
    ['.a'],
    ['x'.repeat(64)],
    [`${'x.'.repeat(127)}x`],
    ['5€'],
  );
});

test('a long list is written: names beyond the reach of a pointer are spelt out', (t) => {
  const names = Array.from({ length: 600 }, (_, index) => `${'x'.repeat(40)}${index}.lab.edu`);
  t.deepEqual(domainSearch.decode(domainSearch.encode([...names, ...names])), [...names, ...names]);
});
