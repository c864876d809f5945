import type { Manifest } from '../../image/format/manifest.ts';
import type { Run } from '../programs.ts';
import { partitionPath } from './partition-path.ts';

/** A partition of the deployed disk and what can be said of it there now. */
export interface DiskVolume {
  partition: number;
  device: string;
  /** Of the partition itself; GPT's GUID in upper case, MBR's byte. */
  partitionType: string;
  /** As blkid calls it: `ext4`, `vfat`, `swap`, `LVM2_member`; `undefined`: nothing that is known. */
  type?: string | undefined;
  uuid?: string | undefined;
  label?: string | undefined;
  partitionUuid?: string | undefined;
  partitionLabel?: string | undefined;
}

/** `NAME=value` lines; blkid puts a backslash before blanks and the like. Pure. */
const parseExport = (output: string): Map<string, string> =>
  new Map(
    output
      .split('\n')
      .filter((line) => line.includes('='))
      .map((line) => {
        const at = line.indexOf('=');
        return [line.slice(0, at), line.slice(at + 1).replace(/\\(.)/g, '$1')] as const;
      }),
  );

/** blkid(8): nothing was found, or several things at once, which counts as nothing. */
const nothingFound = [2, 8];

/** Every partition as it lies on the disk now, in the order of the table. Throws STEP_FAILED. */
export const readVolumes = async (
  disk: string,
  { table }: Pick<Manifest, 'table'>,
  run: Run,
): Promise<DiskVolume[]> => {
  const volumes: DiskVolume[] = [];
  for (const { number, type } of table.partitions) {
    const device = partitionPath(disk, number);
    const output = await run('blkid', ['--probe', '--output', 'export', device], {
      accept: [0, ...nothingFound],
    });
    const found = parseExport(output);
    volumes.push({
      partition: number,
      device,
      partitionType: type.toUpperCase(),
      type: found.get('TYPE'),
      uuid: found.get('UUID'),
      label: found.get('LABEL'),
      partitionUuid: found.get('PART_ENTRY_UUID'),
      partitionLabel: found.get('PART_ENTRY_NAME'),
    });
  }
  return volumes;
};
