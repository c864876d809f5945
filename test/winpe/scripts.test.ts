import { readFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import type { InstallValues } from '../../src/answers/install-values.ts';
import { argument } from '../../src/winpe/batch.ts';
import { prepareDisk } from '../../src/winpe/disk-script.ts';
import { type InstallWay, peFiles } from '../../src/winpe/install-script.ts';
import { startFiles } from '../../src/winpe/start-script.ts';
import { plainPc } from '../answers/machines.ts';

const golden = (name: string): Promise<string> =>
  readFile(path.join(import.meta.dirname, 'golden', name), 'utf8');

const uefi: InstallValues = {
  ...plainPc,
  system: 'windows',
  release: '11',
  firmware: 'uefi',
  disk: { firmware: 'auto', table: 'gpt', scheme: 'plain', fileSystem: 'ntfs' },
  variables: {},
  urls: { ...plainPc.urls, progress: 'http://10.0.0.1:8080/install/pro%20-_gress/progress' },
};
const bios: InstallValues = { ...uefi, firmware: 'bios', disk: { ...uefi.disk, table: 'mbr' } };
const smb: InstallWay = { kind: 'smb', share: '\\\\10.0.0.1\\win-11', user: 'greif', password: 'a1b2' };
const http: InstallWay = {
  kind: 'http',
  imageUrl: 'http://10.0.0.1:8080/sources/win-11/sources/install.wim',
  imageIndex: 6,
};

const textOf = (values: InstallValues, way: InstallWay, name: string): string =>
  peFiles(values, way).find((file) => file.name === name)?.text ?? '';
const script = (values: InstallValues, way: InstallWay): string => textOf(values, way, 'greif-install.cmd');

test('the scripts of Windows PE, to the letter', async (t) => {
  t.is(startFiles['Windows/System32/greif.cmd'], await golden('greif.cmd'));
  t.deepEqual(
    peFiles(uefi, smb).map(({ name }) => name),
    ['greif-install.cmd'],
  );
  t.is(script(uefi, smb), await golden('install-smb.cmd'));
  t.is(script(bios, http), await golden('install-http.cmd'));
  t.is(textOf(uefi, http, 'greif-disk.txt'), await golden('disk-uefi.txt'));
});

test('diskpart makes the partitions that the answer file asks Setup for', (t) => {
  const lines = (values: InstallValues, variables: InstallValues['variables']): string[] =>
    prepareDisk({ ...values, variables }).script.split('\r\n');
  const commands = (values: InstallValues, variables: InstallValues['variables']) =>
    lines(values, variables).filter((line) => /^(create|assign|active|set|gpt)/.test(line));
  t.deepEqual(commands(bios, {}), [
    'create partition primary size=500',
    'assign letter=S',
    'active',
    'create partition primary',
    'assign letter=W',
  ]);
  t.deepEqual(commands(bios, { windows_layout: 'single' }), [
    'create partition primary',
    'assign letter=W',
    'active',
  ]);
  t.is(prepareDisk({ ...bios, variables: { windows_layout: 'single' } }).system, 'W');
  t.deepEqual(commands(uefi, { windows_layout: 'recovery', windows_mebibytes: 100_000 }).slice(-4), [
    'assign letter=W',
    'create partition primary',
    'set id=DE94BBA4-06D1-4D40-A16A-BFD50179D6AC',
    'gpt attributes=0x8000000000000001',
  ]);
  t.is(commands(bios, { windows_layout: 'recovery', windows_mebibytes: 100_000 }).at(-1), 'set id=27');
});

test('every line ends as Windows ends lines, and every label that is gone to is there', (t) => {
  for (const text of [
    startFiles['Windows/System32/greif.cmd'] ?? '',
    script(uefi, smb),
    script(bios, http),
  ]) {
    t.notRegex(text.replaceAll('\r\n', ''), /[\r\n]/);
    const labels = new Set([...text.matchAll(/^:([\w-]+)\r$/gm)].map(([, label]) => label));
    for (const [, label] of text.matchAll(/goto ([\w-]+)/g)) t.true(labels.has(label), label);
  }
});

test('nothing is erased before firmware and disk are certain', (t) => {
  const lines = script(bios, http).split('\r\n');
  const erased = lines.findIndex((line) => line.includes('greif-disk.txt'));
  t.true(erased > 0);
  for (const check of ['other-firmware', 'other-disk']) {
    const at = lines.findIndex((line) => line.includes(`goto ${check}`));
    t.true(at > 0 && at < erased, check);
  }
  const chosen = { ...bios, disk: { ...bios.disk, device: '2' } };
  t.notRegex(script(chosen, http), /other-disk\.txt/, 'a disk that is named may be one of several');
  t.regex(textOf(chosen, http, 'greif-disk.txt'), /^select disk 2\r\nclean\r\n/);
});

/** How cmd.exe in a batch file, then a program's start-up code, read a line of one quoted argument. */
const readBack = (written: string): string | undefined => {
  const [, inside] = /^"([^"]*)"$/.exec(written.replace(/%%/g, '\0')) ?? [];
  return inside === undefined || inside.includes('%') || inside.endsWith('\\')
    ? undefined
    : inside.replaceAll('\0', '%');
};

test('whatever a value holds, it stays one argument or is refused by name', (t) => {
  const text = fc.string({ unit: fc.constantFrom(...'ab &|<>^()!%;,= \\/*?$\'`@~[]{}"\r\nüß☃\0') });
  fc.assert(
    fc.property(text, (value) => {
      if (/^[\x20-\x7e]*$/.test(value) && !value.includes('"') && !value.endsWith('\\'))
        t.is(readBack(argument('the share', value)), value);
      else
        t.throws(() => argument('the share', value), { code: 'ANSWER_VALUE_UNFIT', message: /^the share / });
    }),
    { numRuns: 5000 },
  );
});

test('a hostile name cannot leave its place in the script', (t) => {
  const share = '\\\\10.0.0.1\\a&del b%PATH%^|(c)!x!';
  t.regex(
    script(uefi, { ...smb, share, user: 'u&v', password: 'p%1^' }),
    /^net use Z: "\\\\10\.0\.0\.1\\a&del b%%PATH%%\^\|\(c\)!x!" "p%%1\^" "\/user:u&v" \/persistent:no\r$/m,
  );
  for (const password of ['a"b', 'a\r\nformat c:', 'ü', 'a\\'])
    t.throws(() => script(uefi, { ...smb, password }), {
      code: 'ANSWER_VALUE_UNFIT',
      message: /^the password cannot be written as an argument in a cmd script/,
    });
});
