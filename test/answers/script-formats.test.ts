import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import type { InstallValues } from '../../src/answers/install-values.ts';
import { renderInstallScript } from '../../src/answers/render.ts';
import { assertGolden } from './golden.ts';
import { fitText, hostileText } from './hostile.ts';
import { disked, fullPc, lockedPc, plainPc } from './machines.ts';
import { filesOf } from './round-trip.ts';

const bsd = (values: InstallValues, fileSystem: 'ufs' | 'zfs'): InstallValues => ({
  ...values,
  system: 'freebsd',
  release: '14.2',
  disk: { ...values.disk, scheme: 'plain', fileSystem, device: '/dev/ada0' },
});
const freebsd = { plain: bsd(plainPc, 'ufs'), full: bsd(fullPc, 'zfs'), locked: bsd(lockedPc, 'ufs') };
const nix = (values: InstallValues): InstallValues => ({
  ...disked(values),
  system: 'nixos',
  release: '24.11',
});
const nixos = { plain: nix(plainPc), full: nix(fullPc), locked: nix(lockedPc) };

for (const [format, machines] of Object.entries({ bsdinstall: freebsd, nixos }))
  for (const [name, values] of Object.entries(machines))
    test(`${format}, ${name}: the files are the golden ones, and sh can read its scripts`, (t) => {
      for (const [file, text] of Object.entries(filesOf(values))) {
        assertGolden(t, `${format}/${name}/${file}`, text);
        if (!file.endsWith('.nix')) t.notThrows(() => execFileSync('sh', ['-n'], { input: text }), file);
      }
    });

test('FreeBSD: the installer reads its variables as a shell, and a value is one word', (t) => {
  fc.assert(
    fc.property(fc.array(hostileText, { minLength: 30, maxLength: 30 }), (all) => {
      const texts = all.filter(fitText);
      const own = texts.map((_, index) => `printf '%s\\0' {{ variables.v${index} }}\n`).join('');
      const variables = Object.fromEntries(texts.map((text, index) => [`v${index}`, text]));
      const script = filesOf({ ...freebsd.full, variables }, own)['installerconfig'] ?? '';
      t.deepEqual(execFileSync('sh', { input: script, encoding: 'utf8' }).split('\0').slice(0, -1), texts);
    }),
    { numRuns: 15, endOnFailure: true },
  );
  const [preamble = ''] = (filesOf(freebsd.locked)['installerconfig'] ?? '').split('#!');
  t.is(
    execFileSync('sh', { input: `${preamble}\nprintf %s "$PARTITIONS"`, encoding: 'utf8' }),
    'ada0 GPT { 512M freebsd-swap, auto freebsd-ufs / }',
  );
});

test('FreeBSD: its script knows pw(8), and the disk must have its name', (t) => {
  const { text } = renderInstallScript(freebsd.full);
  assertGolden(t, 'install-script/freebsd/install.sh', text);
  t.notThrows(() => execFileSync('sh', ['-n'], { input: text }));
  const sole = filesOf({ ...freebsd.plain, disk: { ...freebsd.plain.disk, device: undefined } });
  t.regex(sole['installerconfig'] ?? '', /PARTITIONS='DEFAULT MBR \{/);
  for (const disk of [
    { ...freebsd.full.disk, device: undefined },
    { ...freebsd.full.disk, device: '/dev/disk/by-id/x' },
    { ...freebsd.full.disk, fileSystem: 'ext4' as const },
    { ...freebsd.full.disk, scheme: 'lvm' as const },
  ])
    t.throws(() => filesOf({ ...freebsd.full, disk }), { code: 'ANSWER_VALUE_UNFIT', message: /^disk\./ });
});

/** A store of its own: evaluating strings needs none, but nix-instantiate asks. */
const nixInstantiate = (text: string, ...options: string[]): string => {
  const folder = mkdtempSync(path.join(tmpdir(), 'greif-nix-'));
  const env = {
    ...process.env,
    NIX_STORE_DIR: path.join(folder, 'store'),
    NIX_STATE_DIR: path.join(folder, 'var'),
    NIX_LOG_DIR: path.join(folder, 'log'),
    NIX_CONF_DIR: folder,
    HOME: folder,
  };
  try {
    return execFileSync('nix-instantiate', [...options, '-'], {
      input: text,
      env,
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
};

for (const [name, values] of Object.entries(nixos))
  test(`NixOS, ${name}: nix-instantiate parses the configuration`, (t) => {
    t.notThrows(() => nixInstantiate(filesOf(values)['configuration.nix'] ?? '', '--parse'));
  });

test('NixOS: a value comes out of the Nix language as it went in', (t) => {
  t.throws(() => nixInstantiate('{ a = ; }', '--parse'));
  // Nix 2.8 itself writes JSON that drops what is no UTF-8 and escapes the rest: compared after parsing.
  fc.assert(
    fc.property(fc.array(hostileText, { minLength: 40, maxLength: 40 }), (all) => {
      const texts = all.filter(fitText);
      const own = texts.map((_, index) => `v${index} = {{ variables.v${index} }};\n`).join('');
      const variables = Object.fromEntries(texts.map((text, index) => [`v${index}`, text]));
      const text = filesOf({ ...nixos.full, variables }, `{ ${own} list = {{ packages }}; }`);
      t.deepEqual(
        JSON.parse(nixInstantiate(text['configuration.nix'] ?? '', '--eval', '--strict', '--json')),
        {
          ...variables,
          list: fullPc.packages,
        },
      );
    }),
    { numRuns: 8, endOnFailure: true },
  );
});
