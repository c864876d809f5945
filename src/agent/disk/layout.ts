import { GreifError } from '../../core/errors.ts';
import { endOf, inDiskOrder } from '../../image/disk/extents.ts';
import { volumeDigest } from '../../image/format/describe-index.ts';
import type { ChunkIndex } from '../../image/format/index-file.ts';
import type { Manifest, Volume } from '../../image/format/manifest.ts';

/** A volume of the manifest with the chunks that it is made of. */
export interface VolumeContent {
  volume: Volume;
  index: ChunkIndex;
}

/** As messages name it. */
export const volumeName = (volume: Pick<Volume, 'kind' | 'partition' | 'firstByte'>): string =>
  volume.kind === 'partition'
    ? `partition ${volume.partition}`
    : `${volume.kind} at byte ${volume.firstByte}`;

const invalid = (volume: Volume, problem: string): GreifError =>
  new GreifError('MANIFEST_INVALID', `${volumeName(volume)} of the image ${problem}: import the image again`);

/** Whether each volume is what its index says. Throws MANIFEST_INVALID. Pure. */
export const checkContents = (contents: readonly VolumeContent[]): void => {
  for (const { volume, index } of contents) {
    if (index.sizeBytes !== volume.sizeBytes)
      throw invalid(volume, `has ${volume.sizeBytes} bytes and its index ${index.sizeBytes}`);
    if (volumeDigest(index) !== volume.digest)
      throw invalid(volume, 'has an index that does not fit its digest');
  }
};

const checkVolume = ({ volume }: VolumeContent, sectorBytes: number, diskBytes: number): void => {
  if (volume.firstByte % sectorBytes !== 0 || volume.sizeBytes % sectorBytes !== 0)
    throw invalid(volume, `does not begin and end at a sector of ${sectorBytes} bytes`);
  if (endOf(volume) > diskBytes)
    throw invalid(volume, 'ends beyond the disk, whatever its manifest promises');
};

/** Nothing is written before all this holds. Throws MANIFEST_INVALID that names the volume. Pure. */
export const checkLayout = (
  contents: readonly VolumeContent[],
  table: Pick<Manifest['table'], 'sectorBytes'>,
  diskBytes: number,
): void => {
  for (const content of contents) checkVolume(content, table.sectorBytes, diskBytes);
  const volumes = inDiskOrder(contents.map(({ volume }) => volume));
  for (const [position, volume] of volumes.entries()) {
    const before = volumes[position - 1];
    if (before && endOf(before) > volume.firstByte) throw invalid(volume, `overlaps ${volumeName(before)}`);
  }
};
