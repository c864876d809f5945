import { GreifError } from '../core/errors.ts';
import { freeSpace, type SpaceGuard } from '../image/store/free-space.ts';

export const sourcesFull = (detail: string, cause?: unknown): GreifError =>
  new GreifError(
    'STORE_FULL',
    `the disk of the installer sources is full: ${detail}; make room (for example "greif source remove"), then import again`,
    { cause },
  );

/** Refuses what would leave less than a reserve free. Throws STORE_FULL. */
export const sourceSpace = (folder: string, reserveBytes: number): SpaceGuard => ({
  async assertRoom(bytes = 0) {
    const { freeBytes } = await freeSpace(folder);
    if (freeBytes - bytes < reserveBytes)
      throw sourcesFull(
        `${bytes} bytes more do not fit, ${freeBytes} are free, ${reserveBytes} stay in reserve`,
      );
  },
});

/** A failed write as a coded error: a full disk (or quota) is STORE_FULL. */
export const orSourcesFull = (thrown: unknown): unknown => {
  const { code, message } = thrown as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT' ? sourcesFull(message, thrown) : thrown;
};
