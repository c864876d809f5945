import { randomBytes } from 'node:crypto';
import {
  appendFile,
  copyFile,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { importImage } from '../../src/image/import/import.ts';
import { sfdisk, writeAt } from './sample-disk.ts';
import { storeWithKeys } from './store-with-keys.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { tool } from './tool.ts';

const mib = 1024 * 1024;
const swapUuid = '11112222-3333-4444-5555-666677778888';

interface Saved {
  /** The disk itself. */
  disk: string;
  /** Its partitions as files, by number. */
  parts: string[];
  at(name: string): string;
}

/** A disk of an ext4, a FAT and a swap partition, with boot code, and each partition as a file of its own. */
const makeDisk = async (t: ExecutionContext, label: 'gpt' | 'dos'): Promise<Saved> => {
  const folder = await temporaryFolder(t);
  const at = (name: string) => path.join(folder, name);
  const disk = at('disk.raw');
  await mkdir(at('files'));
  await writeFile(at('files/data'), randomBytes(3 * mib));
  await writeFile(disk, '');
  await truncate(disk, 96 * mib);
  const swap = label === 'gpt' ? 'swap' : '82';
  await sfdisk(
    disk,
    `label: ${label}\nsize=32M, type=linux, bootable\nsize=40M, type=${label === 'gpt' ? 'uefi' : 'c'}\nsize=8M, type=${swap}\n`,
  );
  await writeAt(disk, 0, Buffer.from('boot code'));
  if (label === 'dos') await writeAt(disk, 512, randomBytes(20_000));
  const makers: [number, (file: string) => Promise<unknown>][] = [
    [32, (file) => tool('mke2fs', '-q', '-t', 'ext4', '-d', at('files'), file)],
    [40, (file) => tool('mkfs.fat', '-F', '32', '-n', 'ESP', file)],
    [8, (file) => tool('mkswap', '--uuid', swapUuid, file)],
  ];
  const parts: string[] = [];
  let position = 1;
  for (const [sizeMib, make] of makers) {
    const file = at(`part-${parts.length + 1}`);
    await writeFile(file, '');
    await truncate(file, sizeMib * mib);
    await make(file);
    await tool(
      'dd',
      `if=${file}`,
      `of=${disk}`,
      'bs=1M',
      `seek=${position}`,
      'conv=notrunc,sparse',
      'status=none',
    );
    position += sizeMib;
    parts.push(file);
  }
  return { disk, parts, at };
};

const partclone = async (kind: string, part: string, target: string): Promise<void> => {
  await tool(`partclone.${kind}`, '-c', '-q', '-L', '/dev/null', '-s', part, '-o', target);
};

/** The folder as Clonezilla names it: gzip in pieces, zstd in one. */
const asClonezilla = async ({ disk, parts, at }: Saved): Promise<string> => {
  const folder = at('clonezilla');
  const file = (name: string) => path.join(folder, name);
  await mkdir(folder);
  await writeFile(file('disk'), 'sda\n');
  await writeFile(file('parts'), 'sda1 sda2 sda3\n');
  const dump = (await tool('sfdisk', '--dump', disk)).replaceAll(/^\S*disk\.raw(\d)/gm, '/dev/sda$1');
  await writeFile(file('sda-pt.sf'), dump);
  await writeFile(
    file('sda-pt.parted'),
    `Model: ATA (scsi)\nDisk /dev/sda: ${(96 * mib) / 512}s\nSector size (logical/physical): 512B/512B\n`,
  );
  await tool('dd', `if=${disk}`, `of=${file('sda-mbr')}`, 'bs=512', 'count=1', 'status=none');
  if (dump.includes('label: dos'))
    await tool(
      'dd',
      `if=${disk}`,
      `of=${file('sda-hidden-data-after-mbr')}`,
      'bs=512',
      'skip=1',
      'count=2047',
      'status=none',
    );
  await partclone('ext4', parts[0] ?? '', at('sda1.img'));
  await tool('gzip', '-1', at('sda1.img'));
  await tool('split', '--bytes=1M', at('sda1.img.gz'), file('sda1.ext4-ptcl-img.gz.'));
  await partclone('vfat', parts[1] ?? '', at('sda2.img'));
  await tool('zstd', '-q', at('sda2.img'), '-o', file('sda2.vfat-ptcl-img.zst.aa'));
  await writeFile(file('swappt-sda3.info'), `UUID="${swapUuid}"\nLABEL=""\n`);
  return folder;
};

const asFog = async ({ disk, parts, at }: Saved): Promise<string> => {
  const folder = at('fog');
  const file = (name: string) => path.join(folder, name);
  await mkdir(folder);
  const dump = (await tool('sfdisk', '--dump', disk)).replaceAll(/^\S*disk\.raw(\d)/gm, '/dev/sda$1');
  await writeFile(file('d1.partitions'), dump);
  await tool('dd', `if=${disk}`, `of=${file('d1.mbr')}`, 'bs=512', 'count=2048', 'status=none');
  await writeFile(file('d1.original.swapuuids'), `3 ${swapUuid}\n`);
  for (const [position, kind] of ['ext4', 'vfat'].entries()) {
    const raw = at(`d1p${position + 1}.raw`);
    await partclone(kind, parts[position] ?? '', raw);
    const [packer = '', ending] = position === 0 ? ['zstd', 'zst'] : ['gzip', 'gz'];
    await tool(packer, '-q', '-k', raw);
    await copyFile(`${raw}.${ending}`, file(`d1p${position + 1}.img`));
  }
  return folder;
};

for (const label of ['gpt', 'dos'] as const)
  for (const [maker, save] of Object.entries({ Clonezilla: asClonezilla, FOG: asFog }))
    test(`a ${label} disk that ${maker} saved is the same disk`, async (t) => {
      const saved = await makeDisk(t, label);
      const store = await storeWithKeys(saved.at('images'));
      const own = await importImage({ name: 'own', file: saved.disk, store });
      const theirs = await importImage({ name: 'theirs', file: await save(saved), store });
      t.deepEqual(theirs.table, own.table);
      t.deepEqual(
        theirs.volumes.map(({ kind, partition, digest }) => [kind, partition, digest]),
        own.volumes.map(({ kind, partition, digest }) => [kind, partition, digest]),
      );
      t.is(theirs.source.kind === 'file' && theirs.source.format, 'partclone');
      t.deepEqual(theirs.volumes.at(-1)?.fileSystem, { type: 'swap', uuid: swapUuid });
    });

test('what is damaged, missing or too large is refused by name; nothing is left', async (t) => {
  const saved = await makeDisk(t, 'gpt');
  const folder = await asClonezilla(saved);
  const file = (name: string) => path.join(folder, name);
  const store = await storeWithKeys(saved.at('images'));
  const refused = (message: RegExp) =>
    t.throwsAsync(importImage({ name: 'theirs', file: folder, store }), {
      code: 'IMAGE_SOURCE_INVALID',
      message,
    });
  const pieces = (await readdir(folder)).filter((name) => name.startsWith('sda1.')).sort();
  t.true(pieces.length >= 3);
  await rename(file(pieces[1] ?? ''), saved.at('away'));
  await refused(/sda1\.ext4-ptcl-img\.gz\.aa cannot be imported: it cannot be unpacked to its end/);
  await rename(saved.at('away'), file(pieces[1] ?? ''));

  // Whole as zstd sees it, but not what partclone wrote.
  const bytes = await readFile(saved.at('sda2.img'));
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 600) ^ 1, bytes.length - 600);
  await rename(file('sda2.vfat-ptcl-img.zst.aa'), saved.at('away'));
  await writeFile(file('sda2.vfat-ptcl-img.uncomp.aa'), bytes);
  await refused(/partclone cannot read it to its end, so it is damaged/);
  await copyFile(saved.disk, file('sda2.vfat-ptcl-img.uncomp.aa'));
  await refused(/it is packed in no way that is read/);
  await rm(file('sda2.vfat-ptcl-img.uncomp.aa'));
  await refused(/there is no partclone image of the partition sda2/);
  await rename(saved.at('away'), file('sda2.vfat-ptcl-img.zst.aa'));

  const dump = await readFile(file('sda-pt.sf'), 'utf8');
  await writeFile(file('sda-pt.sf'), dump.replace(/size=\s*65536/, 'size= 32768'));
  await refused(/it is the image of 33554432 bytes, but its partition has only 16777216/);
  await writeFile(file('sda-pt.sf'), 'nonsense\n');
  await refused(/partition table/);
  await writeFile(file('sda-pt.sf'), dump);
  await appendFile(file('parts'), 'sda9\n');
  await refused(/sda9/);
  await rm(file('parts'));
  await refused(/neither in the OCI image layout nor an image of Clonezilla/);
  t.deepEqual(await store.list(), []);
});
