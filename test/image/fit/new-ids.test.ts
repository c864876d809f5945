import test from 'ava';
import { withNewIds } from '../../../src/image/fit/new-ids.ts';
import { debianDisk, mib, sketch, windowsDisk } from './samples.ts';

test('GPT: the disk and every partition get a GUID of their own, all else stays', (t) => {
  const image = debianDisk();
  const renewed = withNewIds(image.table, image);
  const ids = [image.table, renewed].flatMap(({ diskId, partitions }) => [
    diskId,
    ...partitions.map(({ guid }) => guid),
  ]);
  t.is(new Set(ids).size, 8);
  t.true(ids.every((id) => /^[0-9A-F-]{36}$/.test(id ?? '')));
  const without = renewed.partitions.map((one, position) => ({
    ...one,
    guid: image.table.partitions[position]?.guid,
  }));
  t.deepEqual(without, image.table.partitions as never);
});

test('MBR: the disk gets a new signature', (t) => {
  const image = sketch('mbr', [{ size: 10 * mib, fileSystem: 'ext4' }]);
  const renewed = withNewIds(image.table, image);
  t.regex(renewed.diskId, /^[0-9a-f]{8}$/);
  t.not(renewed.diskId, image.table.diskId);
  t.deepEqual(renewed.partitions, image.table.partitions);
});

test('Windows keeps its ids: refused, as its boot configuration names them', (t) => {
  const windows = windowsDisk();
  t.throws(() => withNewIds(windows.table, windows), { code: 'DISK_UNSUITABLE', message: /would not start/ });
  const old = sketch('mbr', [{ size: 10 * mib, fileSystem: 'ntfs' }]);
  const bootable = {
    ...old.table,
    partitions: old.table.partitions.map((one) => ({ ...one, bootable: true })),
  };
  t.throws(() => withNewIds(bootable, { ...old, table: bootable }), { code: 'DISK_UNSUITABLE' });
  const named = { ...debianDisk(), os: { id: 'windows', name: 'Windows 11', partition: 2 } };
  t.throws(() => withNewIds(named.table, named), { code: 'DISK_UNSUITABLE' });
});
