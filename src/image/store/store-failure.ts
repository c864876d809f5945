import { GreifError } from '../../core/errors.ts';

export const storeFull = (folder: string, detail: string, cause?: unknown): GreifError =>
  new GreifError(
    'STORE_FULL',
    `the disk of the image store (${folder}) is full: ${detail}; make space there (for example "greif image remove"), then repeat: what is done already is kept`,
    { cause },
  );

/** A failed write below `folder` as a coded error: a full disk (or quota) is STORE_FULL; anything else stays as it is. */
export const storeFailure = (thrown: unknown, folder: string): unknown => {
  const { code, message } = thrown as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT' ? storeFull(folder, message, thrown) : thrown;
};
