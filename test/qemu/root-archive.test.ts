import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { layout } from '../../src/lab/debian/recipe.ts';
import { standardPc } from '../../src/lab/standard-pc.ts';
import { stockImage } from '../../src/lab/stock.ts';
import { assertBootsFromDisk, completedAndOff, debianDisk, discover } from './steps.ts';
import { openVirtualRoom } from './virtual-room.ts';

const run = promisify(execFile);

/** The files of the lab's Debian as one archive, without its boot loader's: those have to be made. */
const archiveRoot = async (disk: string, archive: string): Promise<void> => {
  const { firstByte, sizeBytes } = layout.root;
  const place = ['--offset', `${firstByte}`, '--sizelimit', `${sizeBytes}`];
  const found = await run('losetup', ['--find', '--show', '--read-only', ...place, disk]);
  const device = found.stdout.trim();
  const folder = `${archive}.mount`;
  await mkdir(folder);
  const added = `${archive}.added`;
  await mkdir(path.join(added, 'etc/kernel'), { recursive: true });
  await writeFile(path.join(added, 'etc/kernel/cmdline'), 'console=tty0 console=ttyS0,115200\n');
  const left = ['--exclude=./boot/grub', '--exclude=./etc/fstab'];
  try {
    await run('mount', ['-o', 'ro,noload', device, folder]);
    try {
      await run('tar', [
        '--zstd',
        '-cf',
        archive,
        ...left,
        '-C',
        folder,
        '.',
        '-C',
        added,
        './etc/kernel/cmdline',
      ]);
    } finally {
      await run('umount', [folder]);
    }
  } finally {
    await run('losetup', ['--detach', device]);
  }
};

test('a root file system’s archive becomes an image: BIOS and Secure Boot start it from the disk', async (t) => {
  const disk = await debianDisk(t);
  const room = await openVirtualRoom(t, { ownImages: true });
  const archive = path.join(room.folder, 'root.tar.zst');
  await archiveRoot(disk, archive);
  const image = await stockImage(room.client, 'root', archive);
  const boot = async (number: number, firmware: 'bios' | 'secureboot'): Promise<void> => {
    const pc = await room.addPc(standardPc(number, firmware));
    const machine = await discover(pc, room);
    const hostName = `root-${firmware}`;
    const filed = await room.client.fileOrder({ body: { machine: machine.id, image, hostName } });
    await assertBootsFromDisk(t, { order: await completedAndOff(filed.id, pc, room), pc }, room);
  };
  await Promise.all([boot(1, 'bios'), boot(2, 'secureboot')]);
});
