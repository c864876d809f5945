import type { Manifest, Partition, Volume } from '../../../src/image/format/manifest.ts';

export const mib = 2 ** 20;
export const gib = 2 ** 30;

export const partitionTypes = {
  efi: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B',
  biosBoot: '21686148-6449-6E6F-744E-656564454649',
  reserved: 'E3C9E316-0B5C-4DB8-817D-F92DF00215AE',
  windows: 'EBD0A0A2-B9E5-4433-87C0-68B6B72699C7',
  recovery: 'DE94BBA4-06D1-4D40-A16A-BFD50179D6AC',
  linux: '0FC63DAF-8483-4772-8E79-3D69D8477DE4',
  swap: '0657FD6D-A4AB-43C4-84E5-0933C84B4F4F',
};

export interface PartitionSketch {
  /** Free space before it. */
  before?: number;
  size: number;
  type?: string;
  fileSystem?: string;
  minimum?: number;
  number?: number;
  name?: string;
}

type Contents = Pick<Manifest, 'table' | 'volumes'>;

const guid = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

export const volumeOf = (
  about: Pick<Volume, 'kind' | 'firstByte' | 'sizeBytes'> & Partial<Volume>,
): Volume => ({
  index: '0'.repeat(64),
  chunkCount: 1,
  dataBytes: 0,
  digest: '0'.repeat(64),
  ...about,
});

/** A table and its volumes out of what matters to a test: head of 1 MiB (unless the first partition says otherwise), partitions one after the other. */
export const sketch = (scheme: 'gpt' | 'mbr', parts: PartitionSketch[], sectorBytes = 512): Contents => {
  const partitions: Partition[] = [];
  const volumes: Volume[] = [];
  let at = 0;
  for (const [position, part] of parts.entries()) {
    const firstByte = at + (part.before ?? (position === 0 ? mib : 0));
    const number = part.number ?? position + 1;
    if (position === 0) volumes.push(volumeOf({ kind: 'head', firstByte: 0, sizeBytes: firstByte }));
    partitions.push({
      number,
      firstByte,
      sizeBytes: part.size,
      type: part.type ?? (scheme === 'gpt' ? partitionTypes.linux : '83'),
      ...(scheme === 'gpt' && { guid: guid(number) }),
      ...(part.name && { name: part.name }),
    });
    const fileSystem = part.fileSystem && {
      type: part.fileSystem,
      ...(part.minimum !== undefined && { minimumBytes: part.minimum }),
    };
    volumes.push(
      volumeOf({
        kind: 'partition',
        partition: number,
        firstByte,
        sizeBytes: part.size,
        ...(fileSystem && { fileSystem }),
      }),
    );
    at = firstByte + part.size;
  }
  const hasLogical = scheme === 'mbr' && partitions.some(({ number }) => number > 4);
  const table = {
    scheme,
    diskId: scheme === 'gpt' ? guid(0) : '1234abcd',
    sectorBytes,
    partitions: partitions.toSorted((one, other) => one.number - other.number),
    ...(hasLogical && { extended: { number: 2, type: '05' } }),
  };
  return { table, volumes };
};

/** As Windows' setup makes it, with its recovery partition behind C:. */
export const windowsDisk = (system: Partial<PartitionSketch> = {}) =>
  sketch('gpt', [
    { size: 100 * mib, type: partitionTypes.efi, fileSystem: 'vfat' },
    { size: 16 * mib, type: partitionTypes.reserved },
    {
      size: 60 * gib,
      type: partitionTypes.windows,
      fileSystem: 'ntfs',
      name: 'Basic data partition',
      ...system,
    },
    { size: 600 * mib, type: partitionTypes.recovery, fileSystem: 'ntfs' },
  ]);

/** As Debian's installer makes it: swap at the end. */
export const debianDisk = (root: Partial<PartitionSketch> = {}) =>
  sketch('gpt', [
    { size: 512 * mib, type: partitionTypes.efi, fileSystem: 'vfat' },
    { size: 30 * gib, fileSystem: 'ext4', ...root },
    { size: 4 * gib, type: partitionTypes.swap, fileSystem: 'swap' },
  ]);
