import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import { isUnbootable, volumeOf } from '../disk-content.ts';
import { startFakeAppliance } from '../fake-appliance.ts';
import { type LoopDisk, loopDisk, rootTest, sparseFile, temporaryFolder } from '../loop-disk.ts';
import { linuxImage } from '../sample-image.ts';
import { diskOf, startAgent } from '../working-agent.ts';

const mebibyte = 1024 * 1024;

/** A block device one of whose sectors fails every read or write: a loop device over a file that QEMU's blkdebug lends by FUSE. */
const badDisk = async (
  t: ExecutionContext,
  folder: string,
  { fails, firstByte }: { fails: 'read' | 'write'; firstByte: number },
): Promise<LoopDisk> => {
  const file = sparseFile(path.join(folder, 'disk.raw'), 64 * mebibyte);
  const lent = path.join(folder, 'lent');
  writeFileSync(lent, '');
  const error = { event: 'none', iotype: fails, errno: 5, sector: firstByte / 512, once: false };
  const faulty = { driver: 'blkdebug', 'node-name': 'faulty', image: 'file', 'inject-error': [error] };
  const daemon = spawn('qemu-storage-daemon', [
    ...['--blockdev', `driver=file,node-name=file,filename=${file}`],
    ...['--blockdev', JSON.stringify(faulty)],
    ...['--export', `type=fuse,id=lent,node-name=faulty,mountpoint=${lent},writable=on`],
    ...['--chardev', 'stdio,id=words', '--monitor', 'words'],
  ]);
  const ended = once(daemon, 'exit');
  t.teardown(async () => {
    daemon.kill();
    await ended;
  });
  // It greets on its monitor once the exports are there.
  await once(daemon.stdout, 'data');
  return loopDisk(t, lent);
};

for (const [fails, code] of [
  ['write', 'DISK_WRITE_FAILED'],
  ['read', 'READ_BACK_MISMATCH'],
] as const)
  rootTest(
    `a target with a sector that fails every ${fails}: the order fails by name, and nothing boots`,
    async (t) => {
      const folder = await temporaryFolder(t);
      const image = await linuxImage(folder);
      // In the middle of what is read and written at once.
      const firstByte = volumeOf(image, 3).firstByte + 4 * mebibyte + 57 * 4096;
      const disk = await badDisk(t, folder, { fails, firstByte });
      const fake = await startFakeAppliance();
      t.teardown(() => fake.stop());
      fake.file(image);
      startAgent(t, fake, [diskOf(disk)]);
      const failure = await fake.failure(1);
      t.is(failure.code, code);
      t.regex(failure.message, new RegExp(`at byte ${firstByte}:`));
      t.is(fake.evidence.length, 0);
      t.true(await isUnbootable(disk.path));
    },
  );
