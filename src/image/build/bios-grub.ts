import { open, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { GreifError } from '../../core/errors.ts';
import { type FreshDisk, make, type PlacedPartition } from './fresh-disk.ts';

const sectorBytes = 512;
const programs = '/usr/lib/grub/i386-pc';
/** All that the menu needs is in the core: nothing is looked for on the disk before the root is found. */
const modules = [
  'biosdisk',
  'part_gpt',
  'ext2',
  'search',
  'search_fs_uuid',
  'normal',
  'configfile',
  'linux',
  'echo',
  'test',
  'all_video',
];

/** Places in GRUB’s boot.img and diskboot.img (GRUB manual, “BIOS installation”; include/grub/i386/pc/boot.h). */
const driveCheck = 0x66;
const coreSector = 0x5c;
const blockListStart = 0x1f4;
/** The boot code ends where the disk signature begins. */
const bootCodeBytes = 0x1b8;

/** The core as it lies in the BIOS boot partition, and the boot sector’s code that loads it from there. Pure. */
const embedCore = (boot: Buffer, core: Buffer, firstSector: number): { boot: Buffer; core: Buffer } => {
  const sector = Buffer.from(boot.subarray(0, bootCodeBytes));
  sector.writeBigUInt64LE(BigInt(firstSector), coreSector);
  // Some BIOSes tell a wrong drive: with the check left out GRUB takes the drive it is told, if it is a hard disk (as grub-install does).
  sector.writeUInt16LE(0x9090, driveCheck);
  const placed = Buffer.from(core);
  placed.writeBigUInt64LE(BigInt(firstSector + 1), blockListStart);
  return { boot: sector, core: placed };
};

const writeAt = async (file: string, position: number, bytes: Buffer): Promise<void> => {
  const handle = await open(file, 'r+');
  try {
    await handle.write(bytes, 0, bytes.length, position);
  } finally {
    await handle.close();
  }
};

export interface BiosGrubOptions {
  /** What GRUB does first. */
  config: string;
  /** A folder to work in. */
  scratch: string;
  signal?: AbortSignal | undefined;
}

/** Makes the disk start GRUB from BIOS. Throws STEP_FAILED. */
export const installBiosGrub = async (
  disk: FreshDisk,
  { firstByte, sizeBytes }: PlacedPartition,
  { config, scratch, signal }: BiosGrubOptions,
): Promise<void> => {
  const early = path.join(scratch, 'early.cfg');
  const made = path.join(scratch, 'core.img');
  await writeFile(early, config);
  const options = ['-O', 'i386-pc', '-d', programs, '-c', early, '-p', '/boot/grub', '-o', made];
  await make('grub-mkimage', [...options, ...modules], { signal });
  const core = await readFile(made);
  if (core.length > sizeBytes)
    throw new GreifError('STEP_FAILED', `GRUB's core has ${core.length} bytes, its partition ${sizeBytes}`);
  const placed = embedCore(await readFile(path.join(programs, 'boot.img')), core, firstByte / sectorBytes);
  await writeAt(disk.file, firstByte, placed.core);
  await writeAt(disk.file, 0, placed.boot);
};
