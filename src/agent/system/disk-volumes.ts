import type { Manifest } from '../../image/format/manifest.ts';
import { withVolumeDevice } from '../disk/volume-device.ts';
import type { Run } from '../programs.ts';
import { type LogicalVolume, readLogicalVolumes } from './logical-volumes.ts';
import { partitionPath } from './partition-path.ts';

/** A partition of the deployed disk, or a logical volume on one, and what can be said of it there now. */
export interface DiskVolume {
  partition: number;
  /** Of a logical volume: the names that LVM gives it. */
  logicalNames?: string[];
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

/** For people. */
export const volumeName = ({ partition, logicalNames }: DiskVolume): string =>
  logicalNames ? `the logical volume ${logicalNames[0]}` : `partition ${partition}`;

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

/** What blkid says of the bytes that a device holds now. Throws STEP_FAILED. */
const probe = async (device: string, run: Run) => {
  const output = await run('blkid', ['--probe', '--output', 'export', device], {
    accept: [0, ...nothingFound],
  });
  const found = parseExport(output);
  return {
    device,
    type: found.get('TYPE'),
    uuid: found.get('UUID'),
    label: found.get('LABEL'),
    partitionUuid: found.get('PART_ENTRY_UUID'),
    partitionLabel: found.get('PART_ENTRY_NAME'),
  };
};

const readPartitions = async (
  disk: string,
  { table }: Pick<Manifest, 'table'>,
  run: Run,
): Promise<DiskVolume[]> => {
  const volumes: DiskVolume[] = [];
  for (const { number, type } of table.partitions) {
    const found = await probe(partitionPath(disk, number), run);
    volumes.push({ partition: number, partitionType: type.toUpperCase(), ...found });
  }
  return volumes;
};

/** Lends each of these a device, one within the other. */
const withLogicalVolumes = <Result>(
  [first, ...rest]: readonly LogicalVolume[],
  volumes: readonly DiskVolume[],
  run: Run,
  use: (volumes: readonly DiskVolume[]) => Promise<Result>,
): Promise<Result> => {
  if (!first) return use(volumes);
  const within = volumes.find(({ device }) => device === first.device);
  if (!within) return withLogicalVolumes(rest, volumes, run, use);
  const { partition } = within;
  const lend = async (device: string): Promise<Result> => {
    const about = { partition, partitionType: '', logicalNames: first.names };
    const found = await probe(device, run);
    return withLogicalVolumes(rest, [...volumes, { ...about, ...found }], run, use);
  };
  return withVolumeDevice(first.device, first.extent, run, lend, { writable: true });
};

/**
 * Lends every partition as it lies on the disk now, in the order of the table, and then the logical volumes that lie on them, which have their
 * devices only so long. Throws STEP_FAILED.
 */
export const withDiskVolumes = async <Result>(
  disk: string,
  manifest: Pick<Manifest, 'table'>,
  run: Run,
  use: (volumes: readonly DiskVolume[]) => Promise<Result>,
): Promise<Result> => {
  const partitions = await readPartitions(disk, manifest, run);
  const physical = partitions.filter(({ type }) => type === 'LVM2_member').map(({ device }) => device);
  return withLogicalVolumes(await readLogicalVolumes(physical, run), partitions, run, use);
};
