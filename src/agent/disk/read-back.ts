import { GreifError } from '../../core/errors.ts';
import { createVolumeDigest, zeroChunkId } from '../../image/format/chunk.ts';
import { isDigestOfZeros } from './chunk-digests.ts';
import { type VolumeContent, volumeName } from './layout.ts';
import { countedItems, type DataPiece } from './pieces.ts';
import { type PieceTools, readPieces } from './read-pieces.ts';

export interface ReadBackTools extends PieceTools {
  advanced(bytes: number): void;
}

/** The chunks that count, those of zeros one by one like all others. */
function* chunksOf(content: VolumeContent): Generator<DataPiece> {
  const { volume, index } = content;
  for (const item of countedItems(content))
    yield {
      kind: 'data',
      content,
      item,
      firstByte: volume.firstByte + index.start(item),
      sizeBytes: index.size(item),
    };
}

/**
 * The digest of what lies on the disk now, over the image's own chunk boundaries, whatever it is; unused chunks are not read and count as zeros.
 * Throws READ_BACK_MISMATCH for what cannot be read.
 */
export const digestVolume = async (content: VolumeContent, tools: ReadBackTools): Promise<string> => {
  const { index } = content;
  const digest = createVolumeDigest();
  let next = 0;
  const addUnused = (until: number): void => {
    for (; next < until; next++) digest.add(index.rawId(next));
  };
  for await (const { piece, found } of readPieces(chunksOf(content), tools, 'throw')) {
    if (!found) throw notAsWritten(content, piece.item, tools.device.path);
    addUnused(piece.item);
    const isZeros = isDigestOfZeros(found.digest);
    digest.add(isZeros ? Buffer.from(zeroChunkId(piece.sizeBytes), 'hex') : found.digest);
    next++;
    tools.advanced(piece.sizeBytes);
  }
  addUnused(index.count);
  return digest.digest();
};

/** The bytes at a place are not what was written there. */
export const notAsWritten = ({ volume, index }: VolumeContent, item: number, path: string): GreifError => {
  const firstByte = volume.firstByte + index.start(item);
  return new GreifError(
    'READ_BACK_MISMATCH',
    `${volumeName(volume)}: chunk ${index.id(item)} at byte ${firstByte} of ${path} does not read back as it was written. The disk or its cable is bad; replace it and file a new order.`,
    { details: { volume: volumeName(volume), firstByte, chunk: index.id(item) } },
  );
};
