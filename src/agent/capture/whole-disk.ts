import { GreifError } from '../../core/errors.ts';
import { blkidArguments, readBlkid } from '../../image/disk/file-system.ts';
import type { Run } from '../programs.ts';
import { decideVolume } from './decide-volume.ts';

/** Throws VOLUME_* when the disk as a whole is encrypted or part of a RAID or pool: what looks like partitions on it is not what its system sees. */
export const assertWholeDisk = async (disk: string, sizeBytes: number, run: Run): Promise<void> => {
  const place = { firstByte: 0, sizeBytes };
  const fileSystem = readBlkid(await run('blkid', blkidArguments(disk, place), { accept: [0, 2, 8] }));
  const reading = decideVolume({ stretch: { kind: 'partition', partition: 0, ...place }, fileSystem }, false);
  if (reading.kind !== 'refused' || !fileSystem) return;
  const [sentence = ''] = reading.message.split('; or ');
  throw new GreifError(reading.code, `${sentence.replace(/^partition 0/, 'the whole disk')}.`);
};
