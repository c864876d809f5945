import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { readPci } from '../../src/agent/hardware/pci.ts';
import { openSysfs } from '../../src/agent/hardware/sysfs.ts';
import { openDriverStore } from '../../src/drivers/driver-store.ts';
import { decodeInf, parseInf } from '../../src/drivers/inf.ts';
import { fitsDmi, fitsPci, reasonFor } from '../../src/drivers/match.ts';
import type { Inventory } from '../../src/fleet/inventory.ts';
import { temporaryFolder } from '../agent/loop-disk.ts';
import { inventory, mac } from '../fleet/samples.ts';

const netInf = `; Intel
[Version]
Class = Net ; network
[Manufacturer]
%Intel% = Intel, NTamd64.10.0.1, NTx86
[Intel]
[Intel.NTamd64.10.0.1]
%E15B7.Desc% = E15B7, PCI\\VEN_8086&DEV_15B7
%E15B8.Desc% = E15B8, PCI\\VEN_8086&DEV_15b8&SUBSYS_224717AA, \\
   PCI\\VEN_8086&DEV_15B9
[Intel.NTx86]
%E15B7.Desc% = E15B7, PCI\\VEN_8086&DEV_15B7
[Strings]
Intel = "Intel; PCI\\VEN_FFFF&DEV_FFFF"
`;
const facts = {
  className: 'Net',
  pciIds: ['PCI\\VEN_8086&DEV_15B7', 'PCI\\VEN_8086&DEV_15B8&SUBSYS_224717AA', 'PCI\\VEN_8086&DEV_15B9'],
  architectures: ['amd64', 'x86'],
};

test('an .inf says its class, its devices and its processors, in whatever encoding', (t) => {
  t.deepEqual(parseInf(decodeInf(Buffer.from(netInf))), facts);
  const windows = netInf.replaceAll('\n', '\r\n');
  t.deepEqual(parseInf(decodeInf(Buffer.from(`\ufeff${windows}`, 'utf16le'))), facts);
  t.deepEqual(parseInf(decodeInf(Buffer.from(`\ufeff${windows}`, 'utf16le').swap16())), facts);
  t.deepEqual(parseInf(decodeInf(Buffer.from(`\ufeff${windows}`))), facts);
  t.deepEqual(parseInf(''), { className: undefined, pciIds: [], architectures: [] });
});

const pc = (more: Partial<Inventory>): Inventory => ({ ...inventory([mac(1)]), ...more });
const card = { vendor: '8086', device: '15b8', subsystem: '224717aa', classCode: '020000' };

test('a package is chosen by the model or by a device, and 32-bit ones never', (t) => {
  t.true(
    fitsDmi(
      { sys_vendor: 'lenovo', product_name: '20XX*' },
      { manufacturer: 'LENOVO', product: '20XXS0AB00' },
    ),
  );
  t.false(
    fitsDmi({ sys_vendor: 'lenovo', product_name: '20XX*' }, { manufacturer: 'LENOVO', product: '20YX' }),
  );
  t.false(fitsDmi({ product_name: '.*' }, { product: 'anything' }), 'a pattern is no regular expression');
  t.false(fitsDmi({}, { product: 'anything' }));
  t.true(fitsPci('PCI\\VEN_8086&DEV_15B8', card));
  t.true(fitsPci('PCI\\VEN_8086&DEV_15B8&SUBSYS_224717AA&REV_01', card));
  t.false(fitsPci('PCI\\VEN_8086&DEV_15B8&SUBSYS_00000000', card));
  const infs = [facts];
  t.regex(reasonFor({ infs }, pc({ pci: [card] })) ?? '', /DEV_15B8&SUBSYS_224717AA/);
  t.is(reasonFor({ infs }, pc({})), undefined, 'an agent of old that told no devices');
  const match = { product_name: 'Lab*' };
  t.is(reasonFor({ infs, match }, pc({ smbios: { product: 'Lab PC' } })), 'the model is Lab PC');
  t.is(
    reasonFor({ infs: [{ ...facts, architectures: ['x86'] }], match }, pc({ smbios: { product: 'Lab PC' } })),
    undefined,
  );
});

test('the agent tells what sits on the PCI bus', async (t) => {
  const root = await temporaryFolder(t);
  const folder = path.join(root, 'sys/bus/pci/devices/0000:00:1f.6');
  mkdirSync(folder, { recursive: true });
  for (const [name, value] of Object.entries({
    vendor: '0x8086',
    device: '0x15b8',
    class: '0x020000',
    subsystem_vendor: '0x17aa',
    subsystem_device: '0x2247',
  }))
    writeFileSync(path.join(folder, name), `${value}\n`);
  t.deepEqual(readPci(openSysfs(root)), [card]);
});

test('a folder of drivers is taken in whole, handed out by its files’ digests, replaced and removed', async (t) => {
  const folder = await temporaryFolder(t);
  const source = path.join(folder, 'source');
  mkdirSync(path.join(source, 'sub'), { recursive: true });
  writeFileSync(path.join(source, 'sub/net.INF'), netInf);
  writeFileSync(path.join(source, 'sub/net.sys'), 'driver');
  const root = path.join(folder, 'store');
  const store = await openDriverStore(root);
  const add = () => store.add({ name: 'net', folder: source, at: '2026-01-01T00:00:00.000Z' });
  const { driver, digest } = await add();
  t.like(driver, { infs: [{ path: 'sub/net.INF', className: 'Net' }], files: { length: 2 } });
  t.is((await store.list())[0]?.digest, digest);
  const system = driver.files.find((file) => file.path === 'sub/net.sys');
  const { sizeBytes, stream } = await store.read('net', system?.digest ?? '');
  t.is(sizeBytes, 6);
  t.is(await text(stream()), 'driver');
  await t.throwsAsync(store.read('net', '0'.repeat(64)), { code: 'DRIVER_NOT_FOUND' });

  writeFileSync(path.join(source, 'sub/net.sys'), 'newer driver');
  t.not((await add()).digest, digest);
  symlinkSync('/etc/passwd', path.join(source, 'link'));
  await t.throwsAsync(add(), { code: 'DRIVER_INVALID', message: /link/ });
  t.is((await store.list()).length, 1, 'what failed changes nothing');
  t.deepEqual(readdirSync(root), ['net']);
  await t.throwsAsync(store.add({ name: 'none', folder: '/nowhere', at: '' }), { code: 'DRIVER_INVALID' });
  mkdirSync(path.join(folder, 'empty'));
  await t.throwsAsync(store.add({ name: 'none', folder: path.join(folder, 'empty'), at: '' }), {
    message: /no \.inf/,
  });
  await store.remove('net');
  await t.throwsAsync(store.get('net'), { code: 'DRIVER_NOT_FOUND' });
});

for (const name of ['a:b.sys', 'con .sys ', 'back\\slash.sys', 'dot.'])
  test(`a file that Windows cannot hold is refused: ${JSON.stringify(name)}`, async (t) => {
    const folder = await temporaryFolder(t);
    writeFileSync(path.join(folder, 'net.inf'), netInf);
    writeFileSync(path.join(folder, name), '');
    const store = await openDriverStore(path.join(await temporaryFolder(t), 'store'));
    await t.throwsAsync(store.add({ name: 'net', folder, at: '2026-01-01T00:00:00.000Z' }), {
      code: 'DRIVER_INVALID',
      message: /no files of this name/,
    });
  });
