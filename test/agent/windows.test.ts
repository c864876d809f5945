import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import test from 'ava';
import { parseValue } from '../../src/agent/system/windows/registry.ts';
import type { WindowsOrder } from '../../src/agent/system/windows/windows.ts';
import { sha256Hex } from '../../src/core/ids.ts';
import type { DriverPackage } from '../../src/drivers/package.ts';
import { program, rootTest, unmount } from './loop-disk.ts';
import { testDisk } from './system-disk.ts';
import { hive, keyScript, ntfs } from './windows-disk.ts';

const unattend = '<unattend xmlns="urn:schemas-microsoft-com:unattend">\n</unattend>\n';
const content: Record<string, Buffer> = {
  'net/e1.inf': Buffer.from('[Version]\r\nClass=Net\r\n'),
  'net/x64/e1.sys': Buffer.alloc(300_000, 'driver'),
};
const driver: DriverPackage = {
  name: 'intel-net',
  addedAt: '2026-01-01T00:00:00.000Z',
  infs: [
    { path: 'net/e1.inf', className: 'Net', pciIds: ['PCI\\VEN_8086&DEV_15B7'], architectures: ['amd64'] },
  ],
  files: Object.entries(content).map(([file, bytes]) => ({
    path: file,
    sizeBytes: bytes.length,
    digest: sha256Hex(bytes),
  })),
};

const orderWith = (more: Partial<WindowsOrder> = {}, served = content): WindowsOrder => ({
  kit: {
    unattend,
    setupCommands: ['net user guest /active:no'],
    drivers: [
      {
        name: driver.name,
        reason: 'it has the device',
        digest: sha256Hex(JSON.stringify(driver)),
        sizeBytes: 1,
      },
    ],
  },
  drivers: {
    describe: async () => JSON.stringify(driver),
    async read(_name, digest, take) {
      const file = driver.files.find((one) => one.digest === digest);
      await take(Readable.from([served[file?.path ?? ''] ?? Buffer.alloc(0)]));
    },
  },
  hasNewIds: false,
  ...more,
});

const devicePath = keyScript('Microsoft\\Windows\\CurrentVersion', [
  'ProgramFilesDir=string:C:\\Program Files',
  'DevicePath=expandstring:%SystemRoot%\\inf;%SystemRoot%\\GreifDrivers\\old',
  'Quote=string:a "b" c',
  'Number=dword:0x00000012',
]);
const state = (value: string) =>
  `cd \\Microsoft\\Windows\\CurrentVersion\nadd Setup\ncd Setup\nadd State\ncd State\nsetval 1\nImageState\nstring:${value}\n`;

const windows = (imageState: string, more: Record<string, string> = {}) =>
  ntfs((work) => ({
    // NTFS keeps the case of its names and does not care.
    'WINDOWS/system32/Config/SYSTEM': readFileSync(
      hive(
        work,
        keyScript('ControlSet001\\Control\\ComputerName\\ComputerName', ['ComputerName=string:GOLDEN']) +
          keyScript('MountedDevices', ['\\DosDevices\\C:=hex:3:01,02,03,04']),
      ),
    ),
    'WINDOWS/system32/Config/SOFTWARE': readFileSync(hive(work, devicePath + state(imageState))),
    ...more,
  }));

const valuesIn = (mounted: string, name: string, key: string): string[] =>
  program('hivexsh', [path.join(mounted, 'WINDOWS/system32/Config', name)], `cd \\${key}\nlsval\n`)
    .trim()
    .split('\n')
    .sort();

rootTest('a generalised Windows gets its answer file, its drivers and its commands', async (t) => {
  const disk = await testDisk(t, [
    {
      sizeMiB: 48,
      type: 'EBD0A0A2-B9E5-4433-87C0-68B6B72699C7',
      format: windows('IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE', {
        'WINDOWS/Panther/Unattend/unattend.xml': 'the golden PC’s',
        'WINDOWS/Setup/Scripts/SetupComplete.cmd': 'echo image\r\n',
        'WINDOWS/GreifDrivers/old/old.inf': 'of an earlier order',
      }),
    },
  ]);
  const { steps, isChanged } = await disk.personalise('lab-7', orderWith());
  t.deepEqual(
    steps.map(({ name, outcome }) => `${name} ${outcome}`),
    ['unattend done', 'computer-name done', 'drivers done', 'setup-complete done', 'drive-letters skipped'],
    JSON.stringify(steps, null, 1),
  );
  t.true(isChanged({ partition: 1 }));
  t.regex(program('ntfsfix', ['--no-action', `${disk.path}p1`]), /processed successfully/);
  await disk.look(1, 'ntfs', (mounted) => {
    const read = (name: string) => readFileSync(path.join(mounted, 'WINDOWS', name), 'utf8');
    t.deepEqual(readdirSync(mounted), ['WINDOWS'], 'no second Windows folder');
    t.is(read('Panther/unattend.xml'), unattend.replaceAll('\n', '\r\n'));
    t.false(existsSync(path.join(mounted, 'WINDOWS/Panther/Unattend/unattend.xml')));
    t.deepEqual(readdirSync(path.join(mounted, 'WINDOWS/GreifDrivers')), ['intel-net']);
    t.is(
      sha256Hex(readFileSync(path.join(mounted, 'WINDOWS/GreifDrivers/intel-net/net/x64/e1.sys'))),
      driver.files[1]?.digest ?? '',
    );
    t.deepEqual(valuesIn(mounted, 'SOFTWARE', 'Microsoft\\Windows\\CurrentVersion'), [
      '"DevicePath"=str(2):"%SystemRoot%\\\\inf;%SystemRoot%\\\\GreifDrivers\\\\intel-net\\\\net"',
      '"Number"=dword:00000012',
      '"ProgramFilesDir"="C:\\\\Program Files"',
      '"Quote"="a \\"b\\" c"',
    ]);
    t.is(
      read('Setup/Scripts/SetupComplete.cmd'),
      [
        '@echo off',
        'rem Greif: made for this PC with its order',
        'pnputil /add-driver "%SystemRoot%\\GreifDrivers\\*.inf" /subdirs /install',
        'if exist "%~dp0SetupComplete.image.cmd" call "%~dp0SetupComplete.image.cmd"',
        'net user guest /active:no',
        '',
      ].join('\r\n'),
    );
    t.is(read('Setup/Scripts/SetupComplete.image.cmd'), 'echo image\r\n');
  });
  // Once more, as from an image that was captured of this PC: the script is ours now and is not called twice.
  await disk.personalise('lab-8', orderWith({ kit: { ...orderWith().kit, drivers: [] }, hasNewIds: true }));
  await disk.look(1, 'ntfs', (mounted) => {
    const script = readFileSync(path.join(mounted, 'WINDOWS/Setup/Scripts/SetupComplete.cmd'), 'utf8');
    t.is(script.match(/SetupComplete\.image\.cmd/g)?.length, 2);
    t.false(script.includes('pnputil'));
    t.deepEqual(
      valuesIn(mounted, 'SYSTEM', 'MountedDevices'),
      [''],
      'new ids: no drive letter is remembered',
    );
  });
});

rootTest(
  'a Windows that was not generalised gets its name in the registry, and the evidence says what is wrong with it',
  async (t) => {
    const disk = await testDisk(t, [{ sizeMiB: 48, format: windows('IMAGE_STATE_COMPLETE') }]);
    const { steps } = await disk.personalise('lab-7', orderWith());
    t.like(
      steps.find(({ name }) => name === 'computer-name'),
      { outcome: 'warning' },
    );
    await disk.look(1, 'ntfs', (mounted) =>
      t.deepEqual(valuesIn(mounted, 'SYSTEM', 'ControlSet001\\Control\\ComputerName\\ComputerName'), [
        '"ComputerName"="LAB-7"',
      ]),
    );
  },
);

rootTest(
  'a driver that comes otherwise than the appliance has it, and a name that Windows cannot bear, fail',
  async (t) => {
    const disk = await testDisk(t, [
      { sizeMiB: 48, format: windows('IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE') },
    ]);
    const spoilt = { ...content, 'net/x64/e1.sys': Buffer.alloc(300_000, 'dRiver') };
    await t.throwsAsync(disk.personalise('lab-7', orderWith({}, spoilt)), { code: 'DRIVER_INVALID' });
    const endless = { ...content, 'net/x64/e1.sys': Buffer.alloc(900_000, 'driver') };
    await t.throwsAsync(disk.personalise('lab-7', orderWith({}, endless)), { code: 'DRIVER_INVALID' });
    const replaced = orderWith();
    await t.throwsAsync(
      disk.personalise('lab-7', {
        ...replaced,
        drivers: {
          ...replaced.drivers,
          describe: async () => JSON.stringify({ ...driver, addedAt: '2026-02-01T00:00:00.000Z' }),
        },
      }),
      { code: 'DRIVER_INVALID', message: /file the order again/ },
    );
    await t.throwsAsync(disk.personalise('a-name-of-16-char', orderWith()), { code: 'HOST_NAME_INVALID' });
  },
);

rootTest('a link in the place of a folder of Windows is not followed', async (t) => {
  const format = windows('IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE');
  const disk = await testDisk(t, [
    {
      sizeMiB: 48,
      format(device, folder) {
        format(device, folder);
        const mounted = path.join(folder, 'again');
        program('mkdir', [mounted]);
        program('mount', ['-t', 'ntfs-3g', device, mounted]);
        symlinkSync('/etc', path.join(mounted, 'WINDOWS/Panther'));
        unmount(mounted);
      },
    },
  ]);
  await t.throwsAsync(disk.personalise('lab-7', orderWith()), { code: 'STEP_FAILED', message: /no folder/ });
  t.false(existsSync('/etc/unattend.xml'));
});

rootTest('a hibernated Windows is told, and nothing is written', async (t) => {
  const hibernated = Buffer.alloc(8192);
  hibernated.write('hibr', 0, 'latin1');
  const disk = await testDisk(t, [
    {
      sizeMiB: 48,
      format: windows('IMAGE_STATE_COMPLETE', { 'hiberfil.sys': hibernated as unknown as string }),
    },
  ]);
  const before = readFileSync(disk.file);
  await t.throwsAsync(disk.personalise('lab-7', orderWith()), {
    code: 'FILE_SYSTEM_UNCLEAN',
    message: /powercfg \/h off/,
  });
  t.true(before.equals(readFileSync(disk.file)), 'not one byte changed');
});

test('values as hivexsh prints them; what is not understood is not guessed', (t) => {
  t.deepEqual(parseValue('"a \\"b\\""="c\\\\d"'), { name: 'a "b"', kind: 'string', text: 'c\\d' });
  t.deepEqual(parseValue('"p"=str(2):"%x%"'), { name: 'p', kind: 'expandstring', text: '%x%' });
  t.deepEqual(parseValue('"d"=dword:0000000a'), { name: 'd', kind: 'dword', text: '0x0000000a' });
  t.deepEqual(parseValue('"h"=hex(7):61,00'), { name: 'h', kind: 'hex:7', text: '61,00' });
  t.is(parseValue('"l"=str(6):"link"'), undefined);
  t.is(parseValue('half a line'), undefined);
});
