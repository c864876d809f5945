import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { program, unmount, withLoop } from './loop-disk.ts';
import { linuxFolder } from './sample-image.ts';

const mebibyte = 2 ** 20;

/** Whole disk of many file systems, each with free space that is not zero: what deleted files have left. */
export interface MixedDisk {
  file: string;
  /** Partition number by what it holds. */
  numbers: Record<string, number>;
}

interface Part {
  name: string;
  mebibytes: number;
  make(file: string, folder: string): void;
}

const leavings = (bytes: number): Buffer => Buffer.alloc(bytes, randomBytes(4096));

const withMount = (
  file: string,
  folder: string,
  mount: readonly string[],
  fill: (at: string) => void,
): void => {
  const at = path.join(folder, 'mounted');
  mkdirSync(at, { recursive: true });
  program('mount', [...mount, file, at]);
  try {
    fill(at);
  } finally {
    unmount(at);
  }
};

/** Free space full of a deleted file's bytes. */
const soil = (at: string, mebibytes: number): void => {
  writeFileSync(path.join(at, 'deleted'), leavings(mebibytes * mebibyte));
  execFileSync('sync', ['-f', at]);
  rmSync(path.join(at, 'deleted'));
};

const ext4 = (file: string, folder: string): void => {
  const files = linuxFolder(path.join(folder, 'files'));
  writeFileSync(path.join(files, 'etc/fstab'), '/data/swap none swap sw 0 0\n');
  program('mke2fs', ['-q', '-t', 'ext4', '-L', 'root', '-d', files, file]);
  rmSync(files, { recursive: true });
  withMount(file, folder, ['-o', 'loop'], (at) => {
    soil(at, 8);
    writeFileSync(path.join(at, 'data/swap'), leavings(4 * mebibyte), { mode: 0o600 });
    program('mkswap', ['-U', swapFileUuid, path.join(at, 'data/swap')]);
  });
};

const ntfs = (file: string, folder: string): void => {
  program('mkntfs', ['-q', '-F', '-L', 'windows', file]);
  // ntfs-3g wants a device that does not change under it, and FUSE is not everywhere: ntfscp writes into the volume itself.
  for (const [name, bytes] of [
    ['deleted', leavings(4 * mebibyte)],
    ['kept.bin', Buffer.alloc(2 * mebibyte, 'kept in Windows ')],
    ['pagefile.sys', leavings(3 * mebibyte)],
    ['hiberfil.sys', Buffer.concat([Buffer.alloc(4096), leavings(mebibyte)])],
  ] as const) {
    const source = path.join(folder, name);
    writeFileSync(source, bytes);
    program('ntfscp', ['-f', '-q', file, source, name]);
    rmSync(source);
  }
};

const fat = (file: string): void => {
  program('mkfs.fat', ['-n', 'ESP', file]);
  program('mcopy', ['-i', file, '/etc/os-release', '::release']);
};

const plain =
  (make: string, ...args: string[]) =>
  (file: string): void =>
    void program(make, [...args, file]);

const mountable =
  (make: string, ...args: string[]) =>
  (file: string, folder: string): void => {
    program(make, [...args, file]);
    withMount(file, folder, ['-o', 'loop'], (at) => {
      writeFileSync(path.join(at, 'kept'), Buffer.alloc(mebibyte, `kept in ${make} `));
      soil(at, 8);
    });
  };

export const swapUuid = '0fc63daf-8483-4772-8e79-3d69d8477de4';
export const swapFileUuid = '933ac7e1-2eb4-4f13-b844-0e14e2aef915';

const bitLocker = (file: string): void => {
  const bytes = Buffer.alloc(2 * mebibyte);
  bytes.write('\xeb\x58\x90-FVE-FS-', 0, 'latin1');
  bytes.writeBigUInt64LE(4096n, 176);
  bytes.write('-FVE-FS-', 4096, 'latin1');
  bytes.writeUInt16LE(2, 4106);
  writeFileSync(file, bytes);
};

/** The superblock of a member, version 1.2 (kernel: md_p.h), as mdadm writes it. */
const raidMember = (file: string): void => {
  const bytes = Buffer.alloc(2 * mebibyte);
  const block = bytes.subarray(4096, 4352);
  block.writeUInt32LE(0xa92b4efc, 0);
  block.writeUInt32LE(1, 4);
  block.writeUInt32LE(1, 88);
  block.writeUInt32LE(2, 108);
  block.writeBigUInt64LE(2048n, 128);
  block.writeBigUInt64LE(8n, 144);
  let sum = 0;
  for (let at = 0; at < block.length; at += 4) sum += block.readUInt32LE(at);
  block.writeUInt32LE((sum % 2 ** 32) + Math.floor(sum / 2 ** 32), 216);
  writeFileSync(file, bytes);
};

const luks = (file: string): void => {
  const cheap = ['--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1000'];
  program('cryptsetup', ['luksFormat', '--batch-mode', ...cheap, file, '-'], 'secret');
};

const physicalVolume = (file: string): void =>
  void withLoop(file, (device) => program('pvcreate', ['-q', '--devices', device, device]));

const hibernated = (file: string, folder: string): void => {
  program('mkntfs', ['-q', '-F', file]);
  const source = path.join(folder, 'hiberfil.sys');
  writeFileSync(source, Buffer.concat([Buffer.from('HIBR'), leavings(mebibyte)]));
  program('ntfscp', ['-f', '-q', file, source, 'hiberfil.sys']);
  rmSync(source);
};

/** The only program of Debian's that makes an HFS+ makes it as part of a hybrid ISO, behind its 64 KiB of ISO 9660. */
const hfsplus = (file: string, folder: string): void => {
  const files = path.join(folder, 'apple');
  mkdirSync(files);
  writeFileSync(path.join(files, 'kept.bin'), Buffer.alloc(2 * mebibyte, 'kept in macOS '));
  const iso = path.join(folder, 'hybrid.iso');
  program('xorriso', ['-as', 'mkisofs', '-quiet', '-hfsplus', '-o', iso, files]);
  program('dd', [`if=${iso}`, `of=${file}`, 'bs=64K', 'skip=1', 'conv=notrunc', 'status=none']);
  rmSync(iso);
};

/** As the plug was pulled: the file is copied while it is mounted, after its journal has got everything. */
const unplugged =
  (make: string, ...args: string[]) =>
  (file: string, folder: string): void => {
    program(make, [...args, file]);
    const copy = `${file}.unplugged`;
    withMount(file, folder, ['-o', 'loop'], (at) => {
      writeFileSync(path.join(at, 'written'), leavings(mebibyte));
      execFileSync('sync', ['-f', at]);
      program('cp', ['--sparse=always', file, copy]);
    });
    renameSync(copy, file);
  };

const parts: readonly Part[] = [
  { name: 'vfat', mebibytes: 8, make: fat },
  { name: 'ext4', mebibytes: 40, make: ext4 },
  { name: 'ntfs', mebibytes: 24, make: ntfs },
  {
    name: 'swap',
    mebibytes: 8,
    make(file) {
      writeFileSync(file, leavings(8 * mebibyte));
      program('mkswap', ['-U', swapUuid, '-L', 'swap', file]);
    },
  },
  { name: 'xfs', mebibytes: 304, make: mountable('mkfs.xfs', '-q', '-L', 'data') },
  { name: 'btrfs', mebibytes: 128, make: mountable('mkfs.btrfs', '-q') },
  { name: 'f2fs', mebibytes: 112, make: plain('mkfs.f2fs', '-q') },
  { name: 'exfat', mebibytes: 16, make: plain('mkfs.exfat') },
  { name: 'hfsplus', mebibytes: 8, make: hfsplus },
  { name: 'apfs', mebibytes: 300, make: plain('mkapfs') },
  { name: 'unknown', mebibytes: 2, make: (file) => writeFileSync(file, leavings(2 * mebibyte)) },
  { name: 'bitlocker', mebibytes: 2, make: bitLocker },
  { name: 'raid', mebibytes: 2, make: raidMember },
  { name: 'luks', mebibytes: 18, make: luks },
  { name: 'lvm', mebibytes: 8, make: physicalVolume },
  { name: 'hibernated', mebibytes: 16, make: hibernated },
  {
    name: 'dirty-ntfs',
    mebibytes: 8,
    make(file) {
      program('mkntfs', ['-q', '-F', file]);
      // ntfsresize leaves the mark that asks Windows for a check, even where nothing is to be done.
      program('ntfsresize', ['-f', '-f', '-s', '6M', file], 'y\n');
    },
  },
  { name: 'unclean-ext4', mebibytes: 16, make: unplugged('mke2fs', '-q', '-t', 'ext4') },
  { name: 'unclean-xfs', mebibytes: 304, make: unplugged('mkfs.xfs', '-q') },
  { name: 'unclean-btrfs', mebibytes: 128, make: unplugged('mkfs.btrfs', '-q') },
];

const healthy = ['vfat', 'ext4', 'ntfs', 'swap', 'xfs', 'btrfs', 'f2fs', 'exfat', 'unknown'];
/** @param wanted only these parts, in this order. */
export const mixedDisk = (folder: string, wanted: readonly string[] = healthy): MixedDisk => {
  const chosen = wanted.map((name) => parts.find((part) => part.name === name) as Part);
  const file = path.join(folder, 'mixed.raw');
  writeFileSync(file, '');
  truncateSync(file, (2 + chosen.reduce((sum, { mebibytes }) => sum + mebibytes, 0)) * mebibyte);
  let at = 1;
  const rows: string[] = ['label: gpt'];
  const numbers: Record<string, number> = {};
  const places = chosen.map((part, index) => {
    rows.push(`start=${at * 2048}, size=${part.mebibytes * 2048}, type=L`);
    numbers[part.name] = index + 1;
    at += part.mebibytes;
    return { part, seek: at - part.mebibytes };
  });
  program('sfdisk', ['--quiet', file], `${rows.join('\n')}\n`);
  for (const { part, seek } of places) {
    const volume = path.join(folder, `${part.name}.volume`);
    writeFileSync(volume, '');
    truncateSync(volume, part.mebibytes * mebibyte);
    part.make(volume, folder);
    program('dd', [
      `if=${volume}`,
      `of=${file}`,
      'bs=1M',
      `seek=${seek}`,
      'conv=notrunc,sparse',
      'status=none',
    ]);
    rmSync(volume);
  }
  return { file, numbers };
};
