import { open } from 'node:fs/promises';

/** In the BIOS parameter block of FAT and NTFS: the sectors before the partition, by which boot code finds it. */
const hiddenSectorsAt = 28;
const bytesPerSectorAt = 11;
const fat32BackupAt = 50;
const ntfsSectorsAt = 40;

/** Where the boot sector has its copy, in sectors; 0 if it has none. */
const backupSector = (type: string, sector: Buffer): number => {
  if (type === 'ntfs') return Number(sector.readBigUInt64LE(ntfsSectorsAt));
  const isFat32 = sector.readUInt16LE(22) === 0;
  return isFat32 ? sector.readUInt16LE(fat32BackupAt) : 0;
};

/** The boot sector for a partition that begins at `sectors`; `undefined` if it did not begin at `before`, and its number means something else. Pure. */
export const withHiddenSectors = (sector: Buffer, before: number, sectors: number): Buffer | undefined => {
  if (sector.readUInt32LE(hiddenSectorsAt) !== before || sectors > 0xffff_ffff) return undefined;
  const corrected = Buffer.from(sector);
  corrected.writeUInt32LE(sectors, hiddenSectorsAt);
  return corrected;
};

/** Tells the boot sector of a FAT or NTFS volume, and its copy, where its partition lies now. Answers whether it was told. */
export const correctBootSectors = async (
  device: string,
  type: string,
  move: { before: number; now: number },
): Promise<boolean> => {
  const file = await open(device, 'r+');
  try {
    const first = Buffer.alloc(4096);
    await file.read(first, 0, first.length, 0);
    const sectorBytes = first.readUInt16LE(bytesPerSectorAt);
    if (![512, 1024, 2048, 4096].includes(sectorBytes)) return false;
    const corrected = withHiddenSectors(
      first.subarray(0, sectorBytes),
      move.before / sectorBytes,
      move.now / sectorBytes,
    );
    if (!corrected) return false;
    const backup = backupSector(type, corrected);
    for (const place of backup > 0 ? [backup, 0] : [0])
      await file.write(corrected, 0, sectorBytes, place * sectorBytes);
    await file.sync();
    return true;
  } finally {
    await file.close();
  }
};
