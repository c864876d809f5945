import test from 'ava';
import fc from 'fast-check';
import type { InstallValues } from '../../src/answers/install-values.ts';
import { renderAnswer } from '../../src/answers/render.ts';
import { assertGolden } from './golden.ts';
import { hostileText } from './hostile.ts';
import { fullPc, lockedPc, plainPc } from './machines.ts';
import { assertValid, contentsOf, withoutMark } from './xml-read.ts';

const password = { annasPassword: `Süß"'<&>100%` };

/** An uefi PC with an account, a BIOS one of a domain, a server; disks of Windows. */
const uefi: InstallValues = {
  ...fullPc,
  system: 'windows',
  release: '11',
  source: plainPc.source,
  disk: { firmware: 'uefi', table: 'gpt', scheme: 'plain', fileSystem: 'ntfs' },
  users: [
    { name: 'anna', fullName: "Änna O'Größe", passwordHash: 'annasPassword', isAdmin: true },
    { name: 'gast', passwordHash: 'annasPassword', isAdmin: false, groups: ['Remote Desktop Users'] },
  ],
  keyboard: { layout: 'de' },
  variables: { ...password, product_key: 'ABCDE-FGHIJ-KLMNO-PQRST-UVWXY' },
};
const bios: InstallValues = {
  ...plainPc,
  system: 'windows',
  release: '10',
  disk: { firmware: 'bios', table: 'mbr', scheme: 'plain', fileSystem: 'ntfs' },
  rootPasswordHash: undefined,
  variables: { domain_join_blob: 'ARAIAMzMzMxoAwAAAAAAAAAAAgABAAAA' },
};
const server: InstallValues = {
  ...lockedPc,
  system: 'windows',
  release: '2022',
  firmware: 'uefi',
  disk: { firmware: 'auto', table: 'gpt', scheme: 'plain', fileSystem: 'ntfs', device: '1' },
  rootPasswordHash: 'annasPassword',
  variables: {
    ...password,
    windows_image: 'Windows Server 2022 SERVERSTANDARD',
    windows_layout: 'recovery',
    windows_mebibytes: 100_000,
  },
};

const xmlOf = (values: InstallValues, text?: string): string =>
  renderAnswer(values, text === undefined ? undefined : { name: 'mine', text })[0]?.text ?? '';

for (const [name, values] of Object.entries({ uefi, bios, server }))
  test(`${name}: the file is the golden one and follows Microsoft's structure`, (t) => {
    const text = xmlOf(values);
    assertGolden(t, `autounattend/${name}/autounattend.xml`, text);
    t.notThrows(() => assertValid('unattend', text));
  });

const layoutOf = (values: InstallValues): string => {
  const text = xmlOf(values);
  assertValid('unattend', text);
  const letters = contentsOf(text, '//u:ModifyPartition/u:Label');
  const sizes = contentsOf(text, '//u:CreatePartition/*[self::u:Type or self::u:Size or self::u:Extend]');
  return `${sizes.join(' ')}; ${letters.join(' ')}; to ${contentsOf(text, '//u:InstallTo/u:PartitionID').join()}`;
};

test('five layouts, each valid, Windows in the partition that is called so', (t) => {
  const with_ = (values: InstallValues, variables: Record<string, string | number>): InstallValues => ({
    ...values,
    variables: { ...values.variables, ...variables },
  });
  const sized = { windows_mebibytes: 80_000 };
  t.is(layoutOf(uefi), 'EFI 260 MSR 16 Primary true; System Windows; to 3');
  t.is(
    layoutOf(with_(uefi, { windows_layout: 'recovery', ...sized })),
    'EFI 260 MSR 16 Primary 80000 Primary true; System Windows Recovery; to 3',
  );
  t.is(
    layoutOf(with_(uefi, { windows_layout: 'data', ...sized })),
    'EFI 260 MSR 16 Primary 80000 Primary true; System Windows Data; to 3',
  );
  t.is(layoutOf(bios), 'Primary 500 Primary true; System Windows; to 2');
  t.is(layoutOf(with_(bios, { windows_layout: 'single' })), 'Primary true; Windows; to 1');
});

test('the schema refuses what Setup would', (t) => {
  const text = xmlOf(uefi);
  for (const [from, to] of [
    ['<Type>EFI</Type>', '<Type>ESP</Type>'],
    ['<Order>1</Order>', ''],
    ['pass="oobeSystem"', 'pass="specialize"'],
    ['Microsoft-Windows-Deployment', 'Microsoft-Windows-Deploy'],
    ['<PlainText>false', '<PlainText>no'],
  ] as const)
    t.throws(() => assertValid('unattend', text.replace(from, to)), undefined, to);
});

test('passwords stand there as Setup hides them, and nothing turns Secure Boot or the TPM check off', (t) => {
  const text = xmlOf(uefi);
  t.deepEqual(
    contentsOf(text, '//u:LocalAccount/u:Password/u:Value').map((value) =>
      Buffer.from(value, 'base64').toString('utf16le'),
    ),
    [`${password.annasPassword}Password`, `${password.annasPassword}Password`],
  );
  t.notRegex(text, /LabConfig|Bypass/i);
});

test('a value comes out as it went in, from text and from an attribute, or is refused by name', (t) => {
  const frame =
    '<unattend xmlns="urn:schemas-microsoft-com:unattend"><a b="{{ variables.value }}">{{ variables.value }}</a></unattend>';
  fc.assert(
    fc.property(hostileText, (value) => {
      const values = { ...uefi, variables: { ...uefi.variables, value } };
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what XML 1.0 leaves out
      if (!value.isWellFormed() || /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(value)) {
        t.throws(() => xmlOf(values, frame), { code: 'ANSWER_VALUE_UNFIT', message: /^variables\.value / });
        return;
      }
      const read = withoutMark(value);
      t.deepEqual(contentsOf(xmlOf(values, frame), '//u:a | //u:a/@b'), [read, read]);
      const named = { ...values, users: [{ ...uefi.users[0], fullName: value } as never] };
      t.deepEqual(contentsOf(xmlOf(named), '//u:DisplayName'), [read]);
    }),
    { numRuns: 200, endOnFailure: true },
  );
});

test('what Windows cannot do is refused by name', (t) => {
  const refused = (change: Partial<InstallValues>, message: RegExp) =>
    t.throws(() => xmlOf({ ...uefi, ...change }), { code: 'ANSWER_VALUE_UNFIT', message }, String(message));
  refused({ disk: { ...uefi.disk, fileSystem: 'ext4' } }, /^disk\.fileSystem/);
  refused({ disk: { ...uefi.disk, scheme: 'lvm' } }, /^disk\.scheme/);
  refused({ disk: { ...uefi.disk, device: '/dev/sda' } }, /^disk\.device/);
  refused({ disk: { ...uefi.disk, firmware: 'auto' }, firmware: 'bios' }, /^disk\.table/);
  refused({ keyboard: { layout: 'xx' } }, /^keyboard\.layout/);
  refused({ timeZone: 'Mars/Olympus' }, /^timeZone/);
  refused({ locale: 'C' }, /^locale/);
  refused({ users: [] }, /^users/);
  refused({ users: [{ name: 'x', isAdmin: false }] }, /^users\.x\.passwordHash/);
  refused({ variables: {} }, /annasPassword/);
  refused({ variables: { ...password, windows_layout: 'data' } }, /^variables\.windows_mebibytes/);
  refused({ variables: { ...password, windows_layout: 'single' } }, /^variables\.windows_layout/);
  refused({ urls: { ...uefi.urls, script: 'http://10.0.0.1/%TEMP%' } }, /^urls\.script/);
  refused({ urls: { ...uefi.urls, script: `http://10.0.0.1/${'x'.repeat(200)}` } }, /^urls\.script/);
});
