import test from 'ava';
import fc from 'fast-check';
import { diagnose, diagnoseAbsent } from '../../../src/boot/journal/diagnose.ts';
import { type DiagnosisCode, diagnoses } from '../../../src/boot/journal/diagnoses.ts';
import { type StepFacts, stages, stepKinds } from '../../../src/boot/journal/step.ts';
import { start, stepsOf, type Timed } from './samples.ts';

const address = '10.0.0.50';
const shim = 'loaders/shimx64.efi';
const scriptUrl = 'http://10.0.0.1:8080/boot/ipxe?mac=x';
const firmware = { stage: 'firmware', arch: 'uefi-x64' } as const;
const bios = { stage: 'firmware', arch: 'bios' } as const;
const ipxe = { stage: 'ipxe', arch: 'bios' } as const;
const undionly = 'loaders/undionly.kpxe';

const leased = (who: Pick<StepFacts, 'stage' | 'arch'>, file: string, at = 0): Timed[] => [
  [at, { kind: 'discover', ...who }],
  [at, { kind: 'offer', address, file }],
  [at + 1, { kind: 'request', ...who }],
  [at + 1, { kind: 'ack', address, file }],
];
const sent = (at: number, file: string): Timed[] => [
  [at, { kind: 'tftp-request', address, file }],
  [at + 1, { kind: 'tftp-sent', address, file, sizeBytes: 900_000, ms: 800 }],
];
const grub: Timed[] = [
  ...leased(firmware, shim),
  ...sent(2, shim),
  ...sent(4, 'loaders/grubx64.efi'),
  ...sent(6, 'grub/grub.cfg'),
];
const planned = (at: number, plan: 'agent' | 'local-disk'): Timed => [
  at,
  { kind: 'plan', plan, orderId: 7, bootId: 'b' },
];
const agent: Timed[] = [
  ...grub,
  planned(7, 'agent'),
  ...sent(8, 'agent/vmlinuz'),
  [30, { kind: 'http-sent', file: 'agent/root.squashfs' }],
];
const overheard: Timed[] = [
  [0, { kind: 'discover', ...firmware }],
  [0, { kind: 'proxy-offer', file: shim }],
  [1, { kind: 'request', ...firmware, address, server: '10.0.0.2' }],
];

/** The step list, the silence after it in seconds, the diagnosis, and what must be said to have been seen. */
const cases: [title: string, steps: Timed[], quiet: number, code: DiagnosisCode, seen: RegExp][] = [
  ['a boot from its disk', [...grub, planned(7, 'local-disk')], 600, 'fine', /own disk/],
  [
    'its system asks for an address',
    [...grub, planned(7, 'local-disk'), [40, { kind: 'discover', stage: 'system' }]],
    1,
    'fine',
    /its system asked/,
  ],
  ['the agent checked in', [...agent, [40, { kind: 'check-in' }]], 3600, 'fine', /checked in/],
  [
    'an order is done',
    [...agent, [40, { kind: 'check-in' }], [50, { kind: 'order', order: 'completed', orderId: 7 }]],
    1,
    'fine',
    /order 7 is completed/,
  ],
  [
    'files that shim and GRUB can do without',
    [
      ...grub.slice(0, 6),
      [3, { kind: 'tftp-not-found', file: 'loaders/revocations_sku.efi' }],
      [4, { kind: 'tftp-not-found', file: 'loaders/shim_certificate_0.efi' }],
      [4, { kind: 'tftp-not-found', file: 'grub/x86_64-efi/command.lst' }],
      planned(5, 'local-disk'),
    ],
    9,
    'fine',
    /disk/,
  ],
  [
    'EDK2 asks for the size and gives up on purpose',
    [
      ...leased(firmware, shim),
      [2, { kind: 'tftp-request', file: shim }],
      [2, { kind: 'tftp-aborted', file: shim }],
    ],
    1,
    'under-way',
    /tftp-aborted/,
  ],
  [
    'a failed order',
    [
      ...agent,
      [40, { kind: 'check-in' }],
      [50, { kind: 'order', order: 'failed', orderId: 7, reason: 'the disk has 1 GiB' }],
    ],
    1,
    'order-failed',
    /1 GiB/,
  ],
  [
    'no loader on the disk',
    [...grub, planned(7, 'local-disk'), [9, { kind: 'discover', ...firmware }]],
    0,
    'disk-not-bootable',
    /2 s after/,
  ],
  [
    'an exhausted pool',
    [
      [0, { kind: 'discover', ...bios }],
      [0, { kind: 'exhausted' }],
    ],
    0,
    'pool-exhausted',
    /exhausted/,
  ],
  ['the pool recovers', [[0, { kind: 'exhausted' }], ...leased(firmware, shim, 4)], 1, 'under-way', /ack/],
  [
    'no loader for the firmware',
    [
      [0, { kind: 'discover', stage: 'firmware', arch: 'uefi-ia32' }],
      [0, { kind: 'no-loader', arch: 'uefi-ia32' }],
    ],
    0,
    'wrong-architecture',
    /uefi-ia32/,
  ],
  [
    'UEFI fetched the file of a BIOS',
    [[0, { kind: 'discover', ...firmware }], ...sent(2, undionly)],
    20,
    'wrong-architecture',
    /uefi-x64.*undionly/,
  ],
  [
    'ARM64 fetched the file of x64',
    [[0, { kind: 'discover', stage: 'firmware', arch: 'uefi-arm64' }], ...sent(2, shim)],
    20,
    'wrong-architecture',
    /arm64/,
  ],
  [
    'an empty boot folder',
    [
      ...leased(firmware, shim),
      [2, { kind: 'tftp-request', file: shim }],
      [2, { kind: 'tftp-not-found', file: shim }],
    ],
    0,
    'boot-file-missing',
    /shimx64/,
  ],
  [
    'the kernel is missing',
    [...grub, planned(7, 'agent'), [8, { kind: 'http-not-found', file: 'agent/vmlinuz' }]],
    0,
    'boot-file-missing',
    /vmlinuz/,
  ],
  [
    'another DHCP server was faster',
    [...leased(firmware, shim).slice(0, 2), [1, { kind: 'request', ...firmware, server: '10.0.0.9' }]],
    6,
    'second-dhcp-server',
    /10\.0\.0\.9/,
  ],
  [
    'it comes to us all the same',
    [
      ...leased(firmware, shim).slice(0, 2),
      [1, { kind: 'request', ...firmware, address, server: '10.0.0.9' }],
      ...sent(2, shim),
    ],
    1,
    'under-way',
    /tftp-sent/,
  ],
  [
    'data that nobody confirms',
    [
      ...leased(firmware, shim),
      [2, { kind: 'tftp-request', file: shim }],
      [20, { kind: 'tftp-timed-out', file: shim, reason: 'no acknowledgement ever came' }],
    ],
    30,
    'tftp-stalled',
    /no acknowledgement/,
  ],
  [
    'it gets the file at the second try',
    [
      ...leased(firmware, shim),
      [2, { kind: 'tftp-request', file: shim }],
      [9, { kind: 'tftp-timed-out', file: shim }],
      ...sent(12, shim),
    ],
    5,
    'under-way',
    /./,
  ],
  [
    'Secure Boot refuses iPXE',
    [...leased(firmware, 'loaders/snponly.efi'), ...sent(2, 'loaders/snponly.efi')],
    20,
    'loader-refused',
    /snponly.*nothing followed/,
  ],
  [
    'and the firmware tries again',
    [
      ...leased(firmware, 'loaders/snponly.efi'),
      ...sent(2, 'loaders/snponly.efi'),
      [9, { kind: 'discover', ...firmware }],
    ],
    12,
    'loader-refused',
    /asked for a network boot again/,
  ],
  [
    'iPXE gets itself, for ever',
    [0, 10, 20].flatMap((at): Timed[] => [
      ...leased(at ? ipxe : bios, undionly, at),
      ...sent(at + 2, undionly),
    ]),
    0,
    'loop',
    /undionly.* 3 times/,
  ],
  [
    'the script, for ever',
    [0, 10, 20].map((at): Timed => [at, { kind: 'script', stage: 'ipxe', file: '/boot/ipxe' }]),
    0,
    'loop',
    /ipxe.* 3 times/,
  ],
  [
    'a transfer over HTTP breaks off',
    [...grub, planned(7, 'agent'), [9, { kind: 'http-aborted', file: 'agent/root.squashfs' }]],
    40,
    'http-stalled',
    /root\.squashfs/,
  ],
  [
    'the offer of the proxy is ignored',
    overheard,
    20,
    'no-proxy-support',
    /shimx64.*10\.0\.0\.50 from 10\.0\.0\.2/,
  ],
  [
    'the proxy is understood, TFTP is not reached',
    [...overheard, [2, { kind: 'proxy-request', address }], [2, { kind: 'proxy-ack', file: shim }]],
    20,
    'tftp-blocked',
    /shimx64/,
  ],
  ['a lease with a file, and no request for it', leased(firmware, shim), 20, 'tftp-blocked', /shimx64/],
  ['not yet: it may still ask', leased(firmware, shim), 5, 'under-way', /ack, 5 s ago/],
  [
    'iPXE never fetches its script',
    [...leased(bios, undionly), ...sent(2, undionly), ...leased(ipxe, scriptUrl, 5)],
    20,
    'http-blocked',
    /boot\/ipxe/,
  ],
  [
    'an offer that is not heard',
    [0, 4, 12].flatMap((at): Timed[] => leased(bios, undionly, at).slice(0, 2)),
    40,
    'offer-not-taken',
    /3 offers/,
  ],
  [
    'an address that is refused',
    [
      [0, { kind: 'request', ...bios }],
      [0, { kind: 'nak', reason: '10.9.9.9 is not yours' }],
    ],
    20,
    'address-refused',
    /10\.9\.9\.9/,
  ],
  [
    'a relay without a scope',
    [
      [0, { kind: 'discover', ...bios }],
      [0, { kind: 'ignored', reason: 'the relay 10.9.0.1 has no scope here' }],
    ],
    6,
    'not-served',
    /10\.9\.0\.1/,
  ],
  ['the agent is on its way', agent, 60, 'under-way', /http-sent/],
  ['the agent is lost', agent, 130, 'agent-never-checked-in', /root\.squashfs/],
  [
    'the kernel is not even fetched',
    [...grub, planned(7, 'agent')],
    130,
    'agent-never-checked-in',
    /no file/,
  ],
  ['silence', [...grub], 130, 'stopped', /tftp-sent, 130 s/],
];

for (const [title, timed, quiet, code, seen] of cases)
  test(`${code}: ${title}`, (t) => {
    const steps = stepsOf(...timed);
    const found = diagnose(steps, (steps.at(-1)?.at ?? 0) + quiet * 1000);
    t.is(found.code, code, found.seen);
    t.regex(found.seen, seen);
    t.like(found, diagnoses[code]);
  });

test('a PC of which no boot is known: what we can know, and what not', (t) => {
  const heard = { at: start, address } as const;
  t.is(diagnoseAbsent(undefined, '2026-03-01').code, 'never-heard');
  t.regex(diagnoseAbsent(undefined, '2026-03-01').seen, /since 2026-03-01/);
  t.is(diagnoseAbsent({ ...heard, kind: 'request' }, '').code, 'only-renewals');
  t.is(diagnoseAbsent({ ...heard, kind: 'discover', address: undefined }, '').code, 'never-asked-to-boot');
});

test('every diagnosis is made by some case', (t) => {
  const made = new Set<string>(cases.map(([, , , code]) => code));
  const absent = ['never-heard', 'only-renewals', 'never-asked-to-boot'];
  t.deepEqual([...made, ...absent].sort(), Object.keys(diagnoses).sort());
});

test('no list of steps, however odd, is without a diagnosis', (t) => {
  const text = fc.option(fc.string({ unit: 'binary', maxLength: 40 }), { nil: undefined });
  const facts = fc.record({
    kind: fc.constantFrom(...stepKinds),
    stage: fc.option(fc.constantFrom(...stages), { nil: undefined }),
    arch: fc.constantFrom('bios', 'uefi-x64', undefined),
    file: text,
    server: text,
    plan: fc.constantFrom('agent', 'local-disk', undefined),
    reason: text,
  });
  const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 1000 }), facts), { maxLength: 30 });
  fc.assert(
    fc.property(steps, fc.integer({ min: -10, max: 1e6 }), (timed, quiet) => {
      const { code, seen } = diagnose(stepsOf(...(timed as Timed[])), start + quiet);
      return code in diagnoses && seen.length > 0;
    }),
    { numRuns: 2000 },
  );
  t.pass();
});
