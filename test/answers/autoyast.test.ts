import test from 'ava';
import fc from 'fast-check';
import type { InstallValues } from '../../src/answers/install-values.ts';
import { renderAnswer } from '../../src/answers/render.ts';
import { assertGolden } from './golden.ts';
import { fitText, hostileText } from './hostile.ts';
import { disked, fullPc, lockedPc, plainPc } from './machines.ts';
import { assertValid, contentsOf, withoutMark } from './xml-read.ts';

const suse = (values: InstallValues): InstallValues => ({
  ...disked(values),
  system: 'suse-autoyast',
  release: '15.6',
});
const machines = {
  plain: suse(plainPc),
  full: { ...suse(fullPc), variables: { ntp_server: 'ntp.example.org' } },
  locked: suse(lockedPc),
};

const xmlOf = (values: InstallValues): string => renderAnswer(values)[0]?.text ?? '';

for (const [name, values] of Object.entries(machines))
  test(`${name}: the file is the golden one and follows AutoYaST's structure`, (t) => {
    const text = xmlOf(values);
    assertGolden(t, `autoyast/${name}/autoinst.xml`, text);
    t.notThrows(() => assertValid('autoyast', text));
  });

test('the grammar refuses what AutoYaST would', (t) => {
  const text = xmlOf(machines.full);
  for (const [from, to] of [
    ['>xfs<', '>zfs<'],
    ['<size>max', '<size>all'],
    ['<users config:type="list">', '<users>'],
    ['<keyboard>', '<keyboards>'],
  ] as const)
    t.throws(() => assertValid('autoyast', text.replace(from, to)), undefined, to);
});

test('the volumes follow table, firmware and scheme', (t) => {
  const mounts = (values: InstallValues) => contentsOf(xmlOf(values), '//u:partition/u:mount').join(' ');
  t.is(mounts(machines.full), '/boot/efi /boot swap /');
  t.is(mounts(machines.plain), 'swap /');
  t.deepEqual(contentsOf(xmlOf(machines.locked), '//u:partition_id'), ['263']);
});

test('a value comes out as it went in', (t) => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what XML 1.0 leaves out
  const isFit = (text: string) => fitText(text) && !/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(text);
  fc.assert(
    fc.property(
      hostileText.filter(isFit).filter((text) => text !== ''),
      (text) => {
        const users = [{ name: 'anna', fullName: text, sshKeys: [text], isAdmin: false }];
        const read = contentsOf(
          xmlOf({ ...machines.full, users }),
          '//u:fullname | //u:authorized_keys/u:listentry',
        );
        t.deepEqual(read, [withoutMark(text), withoutMark(text)]);
      },
    ),
    { numRuns: 150, endOnFailure: true },
  );
});
