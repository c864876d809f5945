import test from 'ava';
import { belongsTo, mayBegin } from '../../../src/boot/journal/belongs.ts';
import type { StepFacts } from '../../../src/boot/journal/step.ts';
import { bootOf, pcMac, start, type Timed } from './samples.ts';

const firmware: StepFacts = { kind: 'discover', stage: 'firmware' };
const ipxe: StepFacts = { kind: 'discover', stage: 'ipxe' };
const system: StepFacts = { kind: 'discover', stage: 'system' };
const asked: StepFacts = { kind: 'tftp-request', file: 'grub/grub.cfg' };
const script: StepFacts = { kind: 'script', stage: 'ipxe' };
const disk: Timed = [10, { kind: 'plan', plan: 'local-disk' }];
const agent: Timed = [10, { kind: 'plan', plan: 'agent', bootId: 'b' }];

/** What was seen so far, the next step, the second when it comes, and whether it is the same boot. */
const cases: [title: string, before: Timed[], next: StepFacts, second: number, same: boolean][] = [
  ['firmware repeats its DISCOVER', [[0, firmware]], firmware, 32, true],
  ['firmware after a silence', [[0, firmware]], firmware, 61, false],
  [
    'iPXE after the firmware',
    [
      [0, firmware],
      [3, asked],
    ],
    ipxe,
    9,
    true,
  ],
  [
    'a long transfer',
    [
      [0, firmware],
      [3, asked],
    ],
    { kind: 'tftp-sent' },
    500,
    true,
  ],
  ['the kernel of the agent', [[0, firmware], agent], system, 90, true],
  ['the agent checks in', [[0, firmware], agent], { kind: 'check-in', bootId: 'b' }, 2000, true],
  [
    'an order after hours of waiting',
    [agent, [40, { kind: 'check-in' }]],
    { kind: 'order', bootId: 'b' },
    20_000,
    true,
  ],
  ['the order of an earlier boot', [agent], { kind: 'order', bootId: 'a' }, 40, false],
  [
    'firmware right after the order',
    [agent, [40, { kind: 'check-in' }], [50, { kind: 'order', order: 'completed' }]],
    firmware,
    55,
    false,
  ],
  ['a ROM that is iPXE, after the agent', [agent, [40, { kind: 'check-in' }]], ipxe, 55, false],
  ['without DHCP of ours: a loader after the agent', [agent, [40, { kind: 'check-in' }]], asked, 55, false],
  ['GRUB on the way to the disk', [disk], asked, 12, true],
  ['back from the disk at once', [disk], firmware, 14, true],
  ['the next power-on', [disk], firmware, 26, false],
  ['the next script without DHCP', [disk], script, 75, false],
  ['the system on the disk', [disk], system, 60, true],
  ['its renewals', [disk], system, 700, false],
  [
    'renewals keep no boot open',
    [
      [0, firmware],
      [500, system],
    ],
    system,
    700,
    false,
  ],
];

for (const [title, before, next, second, same] of cases)
  test(`${title}: ${same ? 'the same boot' : 'another boot'}`, (t) => {
    t.is(belongsTo(bootOf(pcMac(1), start, ...before), next, start + second * 1000), same);
  });

test('what a running system does begins no boot', (t) => {
  t.deepEqual([firmware, ipxe, script, asked].map(mayBegin), [true, true, true, true]);
  t.false(mayBegin(system));
  t.false(mayBegin({ kind: 'order' }));
});
