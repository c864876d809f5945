import { readFileSync } from 'node:fs';
import test from 'ava';
import { decideVolume } from '../../src/agent/capture/decide-volume.ts';
import { openSourceDisk } from '../../src/agent/capture/source-disk.ts';
import { survey } from '../../src/agent/capture/survey.ts';
import { run } from '../../src/agent/programs.ts';
import { mountWith } from '../../src/agent/system/mount.ts';
import { silentLog } from '../../src/core/log.ts';
import { readPartitionTable } from '../../src/image/disk/partition-table.ts';
import { planStretches } from '../../src/image/disk/stretches.ts';
import { loopDisk, program, rootTest, temporaryFolder } from './loop-disk.ts';
import { mixedDisk } from './mixed-disk.ts';

const hashOf = (file: string): string => program('sha256sum', [file]).slice(0, 64);

rootTest(
  'what would make an image that does not work is refused by name and code, and taken raw on request',
  async (t) => {
    const folder = await temporaryFolder(t);
    const codes = {
      bitlocker: 'VOLUME_ENCRYPTED',
      luks: 'VOLUME_ENCRYPTED',
      raid: 'VOLUME_COMPOSITE',
      lvm: 'VOLUME_COMPOSITE',
      hibernated: 'VOLUME_HIBERNATED',
      'dirty-ntfs': 'VOLUME_UNCLEAN',
      'unclean-ext4': 'VOLUME_UNCLEAN',
      'unclean-xfs': 'VOLUME_UNCLEAN',
    };
    const { file, numbers } = mixedDisk(folder, ['ext4', ...Object.keys(codes)]);
    const before = hashOf(file);
    const disk = await openSourceDisk(loopDisk(t, file).path, run);
    const table = await readPartitionTable(async (position, length) => {
      const bytes = Buffer.alloc(length);
      await disk.read(position, bytes);
      return bytes;
    }, disk.sizeBytes);
    const stretches = planStretches(table);
    const tools = {
      disk,
      run,
      withMount: mountWith(run),
      log: silentLog,
      signal: new AbortController().signal,
    };
    for (const [name, code] of Object.entries(codes)) {
      const own = stretches.filter(({ partition }) => partition === numbers[name]);
      const error = await t.throwsAsync(
        survey(own, () => false, tools),
        { code },
      );
      t.regex(
        error?.message ?? '',
        new RegExp(`^partition ${numbers[name]} .*or "--raw ${numbers[name]}"`),
        name,
      );
      const [raw] = await survey(own, () => true, tools);
      t.deepEqual(
        raw?.kept,
        own.map(({ firstByte, sizeBytes }) => ({ firstByte, sizeBytes })),
      );
    }
    const all = await t.throwsAsync(survey(stretches, () => false, tools));
    for (const name of Object.keys(codes)) t.true(all?.message.includes(`partition ${numbers[name]} `), name);
    await disk.close();
    t.is(hashOf(file), before);
    t.false(readFileSync('/proc/mounts', 'utf8').includes(folder));
  },
);

test('ZFS, bcache and firmware RAID are parts of something larger, whatever they hold', (t) => {
  const stretch = { kind: 'partition', partition: 2, firstByte: 0, sizeBytes: 1 } as const;
  for (const type of ['zfs_member', 'bcache', 'isw_raid_member', 'LVM1_member'])
    t.like(decideVolume({ stretch, fileSystem: { type } }, false), {
      kind: 'refused',
      code: 'VOLUME_COMPOSITE',
    });
  t.like(decideVolume({ stretch, fileSystem: { type: 'swsuspend' }, hibernated: 'Linux' }, false), {
    code: 'VOLUME_HIBERNATED',
  });
  t.like(decideVolume({ stretch, fileSystem: { type: 'vfat' }, unclean: 'it was not unmounted' }, false), {
    kind: 'whole',
  });
  t.like(decideVolume({ stretch, fileSystem: { type: 'apfs' } }, false), { kind: 'used', program: 'apfs' });
  t.like(decideVolume({ stretch, fileSystem: { type: 'hfsplus' } }, false), {
    kind: 'used',
    program: 'hfsp',
  });
  t.like(decideVolume({ stretch, fileSystem: { type: 'minix' } }, false), { kind: 'whole' });
});
