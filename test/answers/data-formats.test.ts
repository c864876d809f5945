import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { parse } from 'smol-toml';
import type { InstallValues } from '../../src/answers/install-values.ts';
import { assertGolden } from './golden.ts';
import { fitText, hostileText } from './hostile.ts';
import { disked, fullPc, lockedPc, plainPc } from './machines.ts';
import { python } from './python.ts';
import { assertNamesComeOut, filesOf } from './round-trip.ts';

type Machines = Record<'plain' | 'full' | 'locked', InstallValues>;

const of = (
  system: InstallValues['system'],
  release: string,
  change: Partial<InstallValues> = {},
): Machines => {
  const made = (values: InstallValues) => ({ ...disked(values), system, release, ...change });
  return { plain: made(plainPc), full: made(fullPc), locked: made(lockedPc) };
};

const agama = of('suse-agama', 'Tumbleweed');
const arch = of('arch', 'rolling');
const flatcar = of('flatcar', '4081', { packages: [] });
const proxmox = of('proxmox', '8.3', {
  domain: 'lab.example.org',
  rootPasswordHash: plainPc.rootPasswordHash,
});

for (const [format, machines] of Object.entries({ agama, archinstall: arch, flatcar, proxmox }))
  for (const [name, values] of Object.entries(machines))
    test(`${format}, ${name}: the files are the golden ones`, (t) => {
      for (const [file, text] of Object.entries(filesOf(values)))
        assertGolden(t, `${format}/${name}/${file}`, text);
    });

test('Agama: the disk is cleared, Agama sees to the loader', (t) => {
  const { storage, root } = JSON.parse(filesOf(agama.full)['agama.json'] ?? '');
  t.is(storage.drives[0].search, fullPc.disk.device);
  t.deepEqual(storage.drives[0].partitions, [{ search: '*', delete: true }]);
  t.deepEqual(
    storage.volumeGroups[0].logicalVolumes.map((volume: { name: string }) => volume.name),
    ['swap', 'root'],
  );
  t.deepEqual(root, { password: '!', hashedPassword: true });
});

test('Agama: a name comes out of JSON as it went in', (t) => {
  fc.assert(
    fc.property(hostileText.filter(fitText), (fullName) => {
      const users = [{ name: 'anna', fullName, isAdmin: true }];
      t.is(JSON.parse(filesOf({ ...agama.full, users })['agama.json'] ?? '').user.fullName, fullName);
    }),
    { numRuns: 100, endOnFailure: true },
  );
});

test('Arch: the disk is named, and a value comes out of JSON as it went in', (t) => {
  const own = '{"v": {{ variables.value }}}';
  fc.assert(
    fc.property(hostileText.filter(fitText), (value) => {
      const files = filesOf({ ...arch.full, variables: { value } }, own);
      t.is(JSON.parse(files['user_configuration.json'] ?? '').v, value);
    }),
    { numRuns: 100, endOnFailure: true },
  );
  t.regex(filesOf(arch.full)['start.sh'] ?? '', /^disk=\$\(readlink -f '\/dev\/disk\/by-id\/ata-QEMU/m);
  t.throws(() => filesOf({ ...arch.full, disk: { ...arch.full.disk, device: undefined } }), {
    code: 'ANSWER_VALUE_UNFIT',
    message: /^disk\.device/,
  });
});

const validateIgnition = (text: string): string => {
  const folder = mkdtempSync(path.join(tmpdir(), 'greif-ignition-'));
  try {
    writeFileSync(path.join(folder, 'a.ign'), text);
    return execFileSync('ignition-validate', [path.join(folder, 'a.ign')], { encoding: 'utf8' });
  } finally {
    rmSync(folder, { recursive: true });
  }
};

for (const [name, values] of Object.entries(flatcar))
  test(`Flatcar, ${name}: ignition-validate takes both files, systemd their units, sh their scripts`, (t) => {
    for (const text of Object.values(filesOf(values))) {
      t.notThrows(() => validateIgnition(text));
      const { systemd, storage } = JSON.parse(text);
      for (const { name: unit, contents } of systemd.units) {
        const folder = mkdtempSync(path.join(tmpdir(), 'greif-unit-'));
        writeFileSync(path.join(folder, unit), contents);
        t.notThrows(() =>
          execFileSync('systemd-analyze', ['verify', '--man=no', '--generators=no', path.join(folder, unit)]),
        );
        rmSync(folder, { recursive: true });
      }
      for (const { path: file, contents } of storage.files)
        if (file.startsWith('/opt/greif'))
          t.notThrows(() =>
            execFileSync('sh', ['-n'], { input: Buffer.from(contents.source.split(',')[1], 'base64') }),
          );
    }
  });

test('Flatcar: the validator refuses what is wrong, and packages are refused by name', (t) => {
  t.throws(() => validateIgnition((filesOf(flatcar.full)['config.ign'] ?? '').replace('3.3.0', '9.9.0')));
  t.throws(() => filesOf({ ...flatcar.full, packages: ['vim'] }), {
    code: 'ANSWER_VALUE_UNFIT',
    message: /^packages/,
  });
});

test('Flatcar: names come out of JSON as they went in', (t) => {
  assertNamesComeOut(t, flatcar.full, (files) =>
    JSON.parse(files['config.ign'] ?? '').passwd.users.map(({ gecos }: { gecos: string }) => gecos),
  );
});

test('Proxmox: disk by serial number or name, keyboards by its own names', (t) => {
  const read = (values: InstallValues) =>
    parse(filesOf(values)['answer.toml'] ?? '') as Record<string, unknown>;
  t.like(read(proxmox.full)['disk-setup'] as object, {
    filesystem: 'xfs',
    filter: { ID_SERIAL: 'QEMU_HARDDISK_QM00001' },
    lvm: { swapsize: 2 },
  });
  const at = (device: string) => ({ ...proxmox.full, disk: { ...proxmox.full.disk, device } });
  t.like(read(at('/dev/disk/by-path/pci-0000:00:04.0'))['disk-setup'] as object, {
    filter: { ID_PATH: 'pci-0000:00:04.0' },
  });
  t.like(read(at('/dev/disk/by-id/wwn-0x5000'))['disk-setup'] as object, { filter: { ID_WWN: '0x5000' } });
  t.like(read(proxmox.plain)['disk-setup'] as object, { 'disk-list': ['vda'] });
  t.is((read(proxmox.locked)['global'] as { keyboard: string }).keyboard, 'en-us');
  for (const [change, message] of [
    [{ rootPasswordHash: undefined }, /^rootPasswordHash/],
    [{ domain: undefined }, /^domain/],
    [{ keyboard: { layout: 'xx' } }, /^keyboard\.layout/],
    [{ disk: { ...proxmox.full.disk, device: '/dev/disk/by-id/mmc-1' } }, /^disk\.device/],
  ] as const)
    t.throws(() => filesOf({ ...proxmox.full, ...change }), { code: 'ANSWER_VALUE_UNFIT', message });
});

test('Proxmox: a value comes out of TOML as it went in, by two parsers', (t) => {
  fc.assert(
    fc.property(fc.array(hostileText, { minLength: 30, maxLength: 30 }), (all) => {
      const texts = all.filter(fitText);
      const own = texts.map((_, index) => `v${index} = {{ variables.v${index} }}\n`).join('');
      const variables = Object.fromEntries(texts.map((text, index) => [`v${index}`, text]));
      const text =
        filesOf({ ...proxmox.full, variables }, `${own}list = {{ packages }}\n`)['answer.toml'] ?? '';
      const expected = { ...variables, list: fullPc.packages };
      t.deepEqual(parse(text) as unknown, expected);
      t.deepEqual(python('import tomllib\nprint(json.dumps(tomllib.loads(given)))', text), expected);
    }),
    { numRuns: 10, endOnFailure: true },
  );
});
