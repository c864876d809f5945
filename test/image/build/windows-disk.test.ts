import { createHash } from 'node:crypto';
import { cp, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { refOf } from '../../../src/image/format/manifest.ts';
import { importImage } from '../../../src/image/import/import.ts';
import { openSource } from '../../../src/image/import/source.ts';
import { storeWithKeys } from '../store-with-keys.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { tool } from '../tool.ts';

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** A WIM of what looks like a Windows; `also` are further systems in it. */
const makeWim = async (parent: string, also: readonly string[] = []): Promise<string> => {
  const tree = path.join(parent, 'tree');
  await mkdir(path.join(tree, 'Windows/Boot/EFI'), { recursive: true });
  await mkdir(path.join(tree, 'Windows/System32'));
  await writeFile(path.join(tree, 'Windows/Boot/EFI/bootmgfw.efi'), 'boot manager');
  await writeFile(path.join(tree, 'Windows/System32/große Datei.dll'), Buffer.alloc(3_000_000, 'data '));
  const wim = path.join(parent, 'install.wim');
  const edition = path.join(tree, 'Windows/edition');
  await writeFile(edition, 'Windows 11 Education');
  await tool('wimlib-imagex', 'capture', tree, wim, 'Windows 11 Education', '--compress=fast', '--quiet');
  for (const name of also) {
    await writeFile(edition, name);
    await tool('wimlib-imagex', 'append', tree, wim, name, '--quiet');
  }
  await rm(tree, { recursive: true });
  return wim;
};

const build = async (t: ExecutionContext, parent: string, wim: string, wimIndex?: number) => {
  const workFolder = path.join(parent, 'work');
  await mkdir(workFolder);
  const made = await openSource({ file: wim, workFolder, wimIndex, onUnpack() {} });
  t.teardown(() => made.close());
  const { partitiontable } = JSON.parse(await tool('sfdisk', '--json', made.rawFile));
  return {
    disk: made.rawFile,
    format: made.format,
    diskGuid: partitiontable.id,
    partitions: partitiontable.partitions,
  };
};

/** A partition as a file of its own. */
const volumeOf = async (
  disk: string,
  { start, size }: { start: number; size: number },
  parent: string,
): Promise<string> => {
  const ntfs = path.join(parent, 'ntfs');
  const [skip, count] = [`skip=${start / 2048}`, `count=${size / 2048}`];
  await tool('dd', `if=${disk}`, `of=${ntfs}`, 'bs=1M', skip, count, 'conv=sparse', 'status=none');
  return ntfs;
};

const fileIn = async (ntfs: string, name: string): Promise<Buffer> => {
  await tool('sh', '-c', 'exec ntfscat "$0" "$1" >"$0.file"', ntfs, name);
  return readFile(`${ntfs}.file`);
};

test('a Windows in a WIM becomes a UEFI disk: its boot manager, and its files on a sound NTFS', async (t) => {
  const parent = await temporaryFolder(t);
  const { disk, format, partitions } = await build(t, parent, await makeWim(parent));
  t.is(format, 'wim');
  t.deepEqual(
    partitions.map(({ type }: { type: string }) => type),
    [
      'C12A7328-F81F-11D2-BA4B-00A0C93EC93B',
      'E3C9E316-0B5C-4DB8-817D-F92DF00215AE',
      'EBD0A0A2-B9E5-4433-87C0-68B6B72699C7',
    ],
  );
  const [esp, , system] = partitions;
  for (const name of ['EFI/Microsoft/Boot/bootmgfw.efi', 'EFI/BOOT/BOOTX64.EFI'])
    t.is(await tool('mtype', '-i', `${disk}@@${esp.start * 512}`, `::${name}`), 'boot manager');
  const ntfs = await volumeOf(disk, system, parent);
  t.regex(await tool('ntfsfix', '-n', ntfs), /processed successfully/);
  const copy = await fileIn(ntfs, '/Windows/System32/große Datei.dll');
  t.is(sha256(copy), sha256(Buffer.alloc(3_000_000, 'data ')));
  const boot = await readFile(ntfs).then((bytes) => bytes.subarray(0, 512));
  t.is(boot.readUInt32LE(0x1c), system.start, 'NTFS knows where on the disk it lies');
});

test('the boot store leads the boot manager to the Windows of this disk, by its GUIDs', async (t) => {
  const parent = await temporaryFolder(t);
  const { disk, diskGuid, partitions } = await build(t, parent, await makeWim(parent));
  const [esp, , windows] = partitions;
  const store = path.join(parent, 'BCD');
  await tool('mcopy', '-i', `${disk}@@${esp.start * 512}`, '::EFI/Microsoft/Boot/BCD', store);
  const xml = await tool('sh', '-c', 'hivexml "$0" | cat', store);
  const elementsOf = (object: string): Map<string | undefined, string> => {
    const from = xml.slice(xml.indexOf(`<node name="${object}">`));
    const elements = from.slice(from.indexOf('<node name="Elements">'));
    const own = elements.slice(0, elements.indexOf('<node name="Description">') >>> 0);
    return new Map(
      [...own.matchAll(/<node name="([0-9]{8})">.*?key="Element" value="([^"]*)"/gs)].map(
        ([, key, value]) => [key, value ?? ''],
      ),
    );
  };
  const manager = elementsOf('{9dea862c-5cdd-4e70-acc1-f32b344d4795}');
  const loader = elementsOf(manager.get('23000003') ?? '');
  t.is(loader.get('12000002'), '\\Windows\\system32\\winload.efi');
  // RFC 9562 section 4: Microsoft’s systems turn the first three groups.
  const turned = (guid: string): string =>
    guid
      .toLowerCase()
      .replace(/^(..)(..)(..)(..)-(..)(..)-(..)(..)-/, '$4$3$2$1$6$5$8$7')
      .replaceAll('-', '');
  for (const [device, guid] of [
    [manager.get('11000001'), esp.uuid],
    [loader.get('11000001'), windows.uuid],
    [loader.get('21000001'), windows.uuid],
  ]) {
    const bytes = Buffer.from(device ?? '', 'base64');
    t.is(bytes.toString('hex', 32, 48), turned(guid));
    t.is(bytes.toString('hex', 56, 72), turned(diskGuid));
  }
});

test('one of several systems is chosen by its number', async (t) => {
  const parent = await temporaryFolder(t);
  const wim = await makeWim(parent, ['Windows 11 Pro']);
  const store = await storeWithKeys(path.join(parent, 'images'));
  await t.throwsAsync(importImage({ name: 'win', file: wim, store }), {
    code: 'IMAGE_SOURCE_INVALID',
    message: /2 systems, say which by --index: 1 \(Windows 11 Education\), 2 \(Windows 11 Pro\)/,
  });
  await t.throwsAsync(importImage({ name: 'win', file: wim, wimIndex: 3, store }), {
    message: /no system 3/,
  });
  t.is(refOf(await importImage({ name: 'win', file: wim, wimIndex: 2, store })), 'win@1');
  const { disk, partitions } = await build(t, parent, wim, 2);
  const edition = await fileIn(await volumeOf(disk, partitions[2], parent), '/Windows/edition');
  t.is(edition.toString(), 'Windows 11 Pro');
});

test('a damaged or split WIM is refused, and nothing is published', async (t) => {
  const parent = await temporaryFolder(t);
  const wim = await makeWim(parent);
  const store = await storeWithKeys(path.join(parent, 'images'));
  const damaged = path.join(parent, 'damaged.wim');
  await cp(wim, damaged);
  const handle = await open(damaged, 'r+');
  await handle.write(Buffer.alloc(64, 0xff), 0, 64, 300);
  await handle.close();
  await t.throwsAsync(importImage({ name: 'win', file: damaged, store }), {
    code: 'IMAGE_SOURCE_INVALID',
    message: /damaged or cut short/,
  });
  await tool('wimlib-imagex', 'split', wim, path.join(parent, 'part.swm'), '0.01');
  await t.throwsAsync(importImage({ name: 'win', file: path.join(parent, 'part.swm'), store }), {
    code: 'IMAGE_SOURCE_INVALID',
    message: /split WIM/,
  });
  t.deepEqual(await store.list(), []);
});
