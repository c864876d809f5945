import type { FileTree } from '../file-tree.ts';
import { sourceFault } from '../source-fault.ts';
import type { ImageBytes } from './image-bytes.ts';
import { readIsoTree, readVolumes } from './iso-9660.ts';
import { readUdfTree, readUdfVolume } from './udf.ts';

export interface IsoContent {
  tree: FileTree;
  label: string;
  names: 'rock-ridge' | 'udf' | 'joliet' | 'iso-9660';
}

/**
 * The files of an ISO image by the names that its makers meant: Rock Ridge's, else UDF's (on Windows' media ISO 9660 holds only a note that says
 * so), else Joliet's, else those of ISO 9660 in small letters. Throws SOURCE_INVALID.
 */
export const readIso = async (image: ImageBytes): Promise<IsoContent> => {
  const { primary, joliet } = await readVolumes(image);
  const plain = primary && (await readIsoTree(image, primary));
  if (primary && plain?.hasRockRidge) return { tree: plain, label: primary.label, names: 'rock-ridge' };
  const udf = await readUdfVolume(image);
  if (udf) return { tree: await readUdfTree(image, udf), label: udf.label, names: 'udf' };
  if (joliet) return { tree: await readIsoTree(image, joliet), label: joliet.label, names: 'joliet' };
  if (primary && plain) return { tree: plain, label: primary.label, names: 'iso-9660' };
  throw sourceFault('it has no ISO 9660 or UDF file system');
};
