import type { Extent } from '../../image/disk/extents.ts';
import type { Run } from '../programs.ts';

/** Made anew by Windows at every start. */
const pageFiles = ['pagefile.sys', 'swapfile.sys'];
const hibernationFile = 'hiberfil.sys';

/**
 * Where the data of a file lies, in clusters, out of what `ntfscluster -F` prints: a headline for each attribute (`0x80` is the data), and
 * below it lines of first cluster of the file, first cluster of the volume, count. A negative place is a hole.
 */
const parseClusters = (text: string): { firstCluster: number; clusters: number }[] => {
  const runs: { firstCluster: number; clusters: number }[] = [];
  let isData = false;
  for (const line of text.split('\n')) {
    const attribute = /^\s*(0x[0-9a-f]+) - /.exec(line)?.[1];
    if (attribute) isData = attribute === '0x80';
    const [, place, count] = /^\s+\d+\s+(-?\d+)\s+(\d+)\s*$/.exec(line) ?? [];
    if (isData && Number(place) >= 0) runs.push({ firstCluster: Number(place), clusters: Number(count) });
  }
  return runs;
};

export interface WindowsFiles {
  /** Page and hibernation files, counted from the start of the volume. */
  extents: Extent[];
  /** The start of the hibernation file. */
  hibernationFile: Extent | undefined;
}

/** Finds them without mounting anything. `device` is read-only. */
export const findWindowsFiles = async (
  device: string,
  clusterBytes: number,
  run: Run,
): Promise<WindowsFiles> => {
  const extentsOf = async (file: string): Promise<Extent[]> => {
    // Status 1: there is none of that name.
    const text = await run('ntfscluster', ['--quiet', '--force', '--filename', file, device], {
      accept: [0, 1],
    });
    return parseClusters(text).map(({ firstCluster, clusters }) => ({
      firstByte: firstCluster * clusterBytes,
      sizeBytes: clusters * clusterBytes,
    }));
  };
  const extents: Extent[] = [];
  for (const file of pageFiles) extents.push(...(await extentsOf(file)));
  const sleeping = await extentsOf(hibernationFile);
  return { extents: [...extents, ...sleeping], hibernationFile: sleeping[0] };
};

/**
 * Whether the hibernation file's first four bytes are of a Windows that sleeps, or that was waking up. `wake` is what one leaves that
 * woke up well; a full shutdown since then does not change it.
 */
export const isSleeping = (signature: string): boolean =>
  ['hibr', 'rstr'].includes(signature.slice(0, 4).toLowerCase());
