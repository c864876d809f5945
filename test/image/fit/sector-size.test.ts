import test from 'ava';
import { planFit } from '../../../src/image/fit/fit-plan.ts';
import { checkSectors, sectorsOf } from '../../../src/image/fit/sector-size.ts';
import { checkStart } from '../../../src/image/fit/usable-area.ts';
import { gib, mib, sketch } from './samples.ts';

/** The first 4 KiB of a file system that says which sectors it was made for. */
const start = {
  ext4: (blockBytes: number) => {
    const bytes = Buffer.alloc(4096);
    bytes.writeUInt32LE(Math.log2(blockBytes / 1024), 1024 + 24);
    return bytes;
  },
  boot: (sectorBytes: number) => {
    const bytes = Buffer.alloc(4096);
    bytes.writeUInt16LE(sectorBytes, 11);
    return bytes;
  },
  xfs: (sectorBytes: number) => {
    const bytes = Buffer.alloc(4096);
    bytes.writeUInt16BE(sectorBytes, 102);
    return bytes;
  },
};

const check = (fileSystem: string, bytes: Buffer, from = 512, to = 4096, scheme: 'gpt' | 'mbr' = 'gpt') =>
  checkSectors(sketch(scheme, [{ size: gib, fileSystem }], from), to, async () => bytes);

test('what file systems say of their sectors', (t) => {
  t.is(sectorsOf('ext4', start.ext4(1024)), 1024);
  t.is(sectorsOf('ntfs', start.boot(512)), 512);
  t.is(sectorsOf('xfs', start.xfs(4096)), 4096);
  t.is(sectorsOf('swap', Buffer.alloc(4096)), 4096);
  t.is(sectorsOf('crypto_LUKS', Buffer.alloc(4096)), undefined);
  t.is(sectorsOf('ext4', Buffer.alloc(10)), undefined);
});

test('the same sectors: nothing is asked', async (t) => {
  const image = sketch('mbr', [{ size: gib, fileSystem: 'ntfs' }]);
  await t.notThrowsAsync(checkSectors(image, 512, async () => Promise.reject(new Error('asked'))));
});

test('512 on 4Kn: what has blocks of 4,096 bytes may, what has smaller ones is refused by name', async (t) => {
  await t.notThrowsAsync(check('ext4', start.ext4(4096)));
  await t.notThrowsAsync(check('xfs', start.xfs(4096)));
  await t.notThrowsAsync(check('btrfs', Buffer.alloc(4096)));
  for (const [fileSystem, bytes] of [
    ['ext4', start.ext4(1024)],
    ['vfat', start.boot(512)],
    ['ntfs', start.boot(512)],
    ['xfs', start.xfs(512)],
    ['LVM2_member', Buffer.alloc(4096)],
  ] as const)
    await t.throwsAsync(check(fileSystem, bytes), {
      code: 'DISK_UNSUITABLE',
      message: new RegExp(`partition 1 \\(${fileSystem}\\)`),
    });
});

test('4Kn on 512: all but NTFS', async (t) => {
  await t.notThrowsAsync(check('vfat', start.boot(4096), 4096, 512));
  await t.notThrowsAsync(check('ext4', start.ext4(4096), 4096, 512));
  await t.throwsAsync(check('ntfs', start.boot(4096), 4096, 512), { message: /Windows expects/ });
});

test('an MBR, other sizes and ragged partitions are refused', async (t) => {
  await t.throwsAsync(check('ext4', start.ext4(4096), 512, 4096, 'mbr'), {
    message: /MBR cannot be rewritten/,
  });
  await t.throwsAsync(check('ext4', start.ext4(4096), 512, 520), { message: /only 512 and 4096/ });
  const ragged = sketch('gpt', [{ size: gib + 512, fileSystem: 'ext4' }]);
  await t.throwsAsync(
    checkSectors(ragged, 4096, async () => start.ext4(4096)),
    { message: /partition 1 does not begin and end/ },
  );
});

test('a table for 4Kn needs more room before the first partition', (t) => {
  const image = sketch('gpt', [{ before: 34 * 512, size: gib, fileSystem: 'ext4' }]);
  t.notThrows(() => checkStart(image.table, 512));
  t.throws(() => checkStart(image.table, 4096), {
    code: 'DISK_UNSUITABLE',
    message: /partition 1 .* begins at byte 17408/,
  });
  const plan = planFit(sketch('gpt', [{ size: gib, fileSystem: 'ext4' }]), {
    sizeBytes: 2 * gib,
    logicalSectorBytes: 4096,
  });
  t.is(plan.table.sectorBytes, 4096);
  t.is(plan.table.partitions[0]?.sizeBytes, 2 * gib - 2 * mib);
});
