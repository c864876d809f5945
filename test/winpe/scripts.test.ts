import { readFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { argument } from '../../src/winpe/batch.ts';
import { diskScript } from '../../src/winpe/disk-script.ts';
import { installScript, type WindowsInstall } from '../../src/winpe/install-script.ts';
import { startFiles } from '../../src/winpe/start-script.ts';

const golden = (name: string): Promise<string> =>
  readFile(path.join(import.meta.dirname, 'golden', name), 'utf8');

const urls = {
  progress: 'http://10.0.0.1:8080/install/pro%20gress/progress',
  finished: 'http://10.0.0.1:8080/install/fin-_ished/finished',
};
const smb: WindowsInstall = {
  way: { kind: 'smb', share: '\\\\10.0.0.1\\win-11', user: 'greif', password: 'a1b2' },
  firmware: 'uefi',
  urls,
};
const http: WindowsInstall = {
  way: {
    kind: 'http',
    imageUrl: 'http://10.0.0.1:8080/sources/win-11/sources/install.wim',
    imageIndex: 6,
    disk: 'only',
  },
  firmware: 'bios',
  urls,
};

test('the scripts of Windows PE, to the letter', async (t) => {
  t.is(startFiles['Windows/System32/greif.cmd'], await golden('greif.cmd'));
  t.is(installScript(smb), await golden('install-smb.cmd'));
  t.is(installScript(http), await golden('install-http.cmd'));
  t.is(diskScript(1, 'uefi'), await golden('disk-uefi.txt'));
  t.is(diskScript('only', 'bios'), await golden('disk-bios.txt'));
});

test('every line ends as Windows ends lines, and every label that is gone to is there', (t) => {
  for (const text of [
    startFiles['Windows/System32/greif.cmd'] ?? '',
    installScript(smb),
    installScript(http),
  ]) {
    t.notRegex(text.replaceAll('\r\n', ''), /[\r\n]/);
    const labels = new Set([...text.matchAll(/^:([\w-]+)\r$/gm)].map(([, label]) => label));
    for (const [, label] of text.matchAll(/goto ([\w-]+)/g)) t.true(labels.has(label), label);
  }
});

test('nothing is erased before firmware and disk are certain', (t) => {
  const lines = installScript(http).split('\r\n');
  const erased = lines.findIndex((line) => line.includes('greif-disk.txt'));
  t.true(erased > 0);
  for (const check of ['other-firmware', 'other-disk'])
    t.true(lines.findIndex((line) => line.includes(`goto ${check}`)) < erased, check);
  const way = { ...http.way, disk: 2 } as const;
  t.notRegex(
    installScript({ ...http, way }),
    /other-disk\.txt/,
    'a disk that is named may be one of several',
  );
});

/** How cmd.exe in a batch file, then a program's start-up code, read a line of one quoted argument. */
const readBack = (written: string): string | undefined => {
  const [, inside] = /^"([^"]*)"$/.exec(written.replace(/%%/g, '\0')) ?? [];
  if (inside === undefined || inside.includes('%')) return undefined;
  const [, before = '', trailing = ''] = /^(.*?)(\\*)$/s.exec(inside) ?? [];
  return trailing.length % 2 === 0
    ? `${before}${trailing.slice(0, trailing.length / 2)}`.replaceAll('\0', '%')
    : undefined;
};

test('whatever a value holds, it stays one argument or is refused by name', (t) => {
  const ours = fc.string({ unit: fc.constantFrom(...'ab &|<>^()!%;,= \\/*?$\'`@~[]{}"\r\nüß☃\0') });
  fc.assert(
    fc.property(ours, (value) => {
      if (/^[\x20-\x7e]*$/.test(value) && !value.includes('"'))
        t.is(readBack(argument('the share', value)), value);
      else
        t.throws(() => argument('the share', value), { code: 'ANSWER_VALUE_UNFIT', message: /^the share / });
    }),
    { numRuns: 5000 },
  );
});

test('a hostile name cannot leave its place in the script', (t) => {
  const share = '\\\\10.0.0.1\\a&del b%PATH%^|(c)!x!';
  const text = installScript({ ...smb, way: { kind: 'smb', share, user: 'u&v', password: 'p%1^' } });
  t.regex(
    text,
    /^net use Z: "\\\\10\.0\.0\.1\\a&del b%%PATH%%\^\|\(c\)!x!" "p%%1\^" "\/user:u&v" \/persistent:no\r$/m,
  );
  for (const password of ['a"b', 'a\r\nformat c:', 'ü'])
    t.throws(() => installScript({ ...smb, way: { kind: 'smb', share, user: 'u', password } }), {
      code: 'ANSWER_VALUE_UNFIT',
      message: /^the password cannot be written into a batch file/,
    });
});
