import { statfs } from 'node:fs/promises';
import { storeFull } from './store-failure.ts';

/** Refuses what would leave less than a reserve free on the store's disk. */
export interface SpaceGuard {
  /** Throws STORE_FULL when so many bytes more would reach into the reserve. */
  assertRoom(bytes?: number): Promise<void>;
}

export interface FreeSpace {
  totalBytes: number;
  /** For us: what is set aside for root is not counted. */
  freeBytes: number;
}

export const freeSpace = async (folder: string): Promise<FreeSpace> => {
  const { bsize, blocks, bavail } = await statfs(folder);
  return { totalBytes: bsize * blocks, freeBytes: bsize * bavail };
};

const mebibytes = (bytes: number): string => `${Math.floor(bytes / 1024 ** 2)} MiB`;

/** The reserve is what collecting garbage, the database and the log go on with when images have filled the disk. */
export const spaceGuard = (folder: string, reserveBytes: number): SpaceGuard => ({
  async assertRoom(bytes = 0) {
    const { freeBytes } = await freeSpace(folder);
    if (freeBytes - bytes < reserveBytes)
      throw storeFull(
        folder,
        `${mebibytes(freeBytes)} are free, ${mebibytes(reserveBytes)} of them are kept in reserve`,
      );
  },
});
