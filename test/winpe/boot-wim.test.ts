import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openDriverStore, type StoredDriver } from '../../src/drivers/driver-store.ts';
import { bootDriversFor } from '../../src/winpe/boot-drivers.ts';
import { openBootWimStore } from '../../src/winpe/boot-wim-store.ts';
import { inventory, mac } from '../fleet/samples.ts';
import { temporaryFolder } from '../image/temporary-folder.ts';
import { tool } from '../image/tool.ts';
import { makeMedium } from './media.ts';

const inf = (className: string, device: string): string =>
  `[Version]\r\nClass=${className}\r\n[Manufacturer]\r\n%M%=Models,NTamd64\r\n[Models.NTamd64]\r\n%D%=Install, PCI\\VEN_8086&DEV_${device}\r\n`;

/** Driver packages with names that a careless script would run. */
const addDrivers = async (folder: string) => {
  const drivers = await openDriverStore(path.join(folder, 'drivers'));
  const add = async (name: string, className: string, device: string): Promise<StoredDriver> => {
    const from = path.join(folder, `from-${name}`);
    await mkdir(path.join(from, "a&b %PATH% 'ü'"), { recursive: true });
    await writeFile(path.join(from, "a&b %PATH% 'ü'", 'net^1!.inf'), inf(className, device));
    await writeFile(path.join(from, "a&b %PATH% 'ü'", 'driver.sys'), `MZ ${name}`);
    return drivers.add({ name, folder: from, at: '2026-11-27T00:00:00.000Z' });
  };
  return {
    drivers,
    network: await add('network', 'Net', '15B7'),
    storage: await add('storage', 'SCSIAdapter', '9A0B'),
    graphics: await add('graphics', 'Display', '15B7'),
  };
};

const setUp = async (t: ExecutionContext) => {
  const folder = await temporaryFolder(t);
  const { bootWim } = await makeMedium(folder);
  const curl = path.join(folder, 'curl.exe');
  await writeFile(curl, 'MZ curl');
  const made = await addDrivers(folder);
  const store = await openBootWimStore(path.join(folder, 'winpe'), made.drivers);
  return { folder, medium: { digest: 'a', bootWim, curl }, store, ...made };
};

const namesIn = async (wim: string): Promise<string[]> =>
  (await tool('wimlib-imagex', 'dir', wim, '1')).split('\n').filter((name) => name !== '');

const fileIn = (wim: string, name: string): Promise<string> =>
  tool('wimlib-imagex', 'extract', wim, '1', name, '--to-stdout');

test('a boot.wim holds Setup, our script, curl from the new Windows and the drivers, and nothing is lost', async (t) => {
  const { medium, store, network } = await setUp(t);
  const before = await readFile(medium.bootWim);
  const { file } = await store.get({ medium, drivers: [network] });
  const info = await tool('wimlib-imagex', 'info', file);
  t.regex(info, /Image Count:\s+1\n/);
  t.regex(info, /Boot Index:\s+1\n/);
  t.regex(info, /Name:\s+Microsoft Windows Setup/);
  t.regex(info, /Compression:\s+LZX/, 'wimboot and boot managers read no other');
  const names = await namesIn(file);
  for (const name of [
    '/sources/setup.exe',
    '/Windows/System32/config/SYSTEM',
    '/Windows/System32/startnet.cmd',
    '/Windows/Boot/EFI/bootmgfw.efi',
    "/$WinPEDriver$/network/a&b %PATH% 'ü'/net^1!.inf",
  ])
    t.true(names.includes(name), name);
  t.is(await fileIn(file, "/$WinPEDriver$/network/a&b %PATH% 'ü'/driver.sys"), 'MZ network');
  t.is(await fileIn(file, '/Windows/System32/curl.exe'), 'MZ curl');
  t.regex(
    await fileIn(file, '/Windows/System32/winpeshl.ini'),
    /^\[LaunchApps\]\r\n%SYSTEMROOT%\\System32\\cmd\.exe, \/c %SYSTEMROOT%\\System32\\greif\.cmd\r\n$/,
  );
  await tool('wimlib-imagex', 'verify', file);
  t.deepEqual(await readFile(medium.bootWim), before, 'the medium is left alone');
});

test('it is made once for a medium and a set of drivers, however many ask', async (t) => {
  const { folder, medium, store, drivers, network, storage } = await setUp(t);
  const [one, other] = await Promise.all([
    store.get({ medium, drivers: [network, storage] }),
    store.get({ medium, drivers: [storage, network] }),
  ]);
  t.deepEqual(other, one);
  const { ino } = await stat(one.file);
  const again = await openBootWimStore(path.join(folder, 'winpe'), drivers);
  t.deepEqual(await again.get({ medium, drivers: [network, storage] }), one);
  t.is((await stat(one.file)).ino, ino, 'it was not made anew');
  t.deepEqual(await again.find(one.digest), one);
  t.is(await again.find('../drivers'), undefined);
  const fewer = await again.get({ medium, drivers: [network] });
  t.not(fewer.digest, one.digest);
  t.false((await namesIn(fewer.file)).some((name) => name.includes('storage')));
  const newer = { ...medium, digest: 'b' };
  t.not((await again.get({ medium: newer, drivers: [network] })).digest, fewer.digest);
});

test('what is no WIM is refused, and leaves nothing behind', async (t) => {
  const { folder, medium, store, drivers } = await setUp(t);
  await writeFile(medium.bootWim, 'no WIM');
  await t.throwsAsync(store.get({ medium, drivers: [] }), {
    code: 'IMAGE_SOURCE_INVALID',
    message: /^boot\.wim /,
  });
  const again = await openBootWimStore(path.join(folder, 'winpe'), drivers);
  await t.throwsAsync(again.get({ medium, drivers: [] }), { code: 'IMAGE_SOURCE_INVALID' });
});

test('Windows PE gets the drivers of this PC that it needs to reach the appliance and its disk', async (t) => {
  const { drivers } = await setUp(t);
  const chosen = (device: string): string[] =>
    bootDriversFor(all, {
      ...inventory([mac(1)]),
      pci: [{ vendor: '8086', device, classCode: '020000' }],
    }).map(({ driver }) => driver.name);
  const all = await drivers.list();
  t.deepEqual(chosen('15b7'), ['network'], 'a graphics driver can wait');
  t.deepEqual(chosen('9a0b'), ['storage']);
  t.deepEqual(chosen('1234'), []);
});
