import { GreifError } from '../core/errors.ts';

/** A failed write below `folder` as a coded error: a full disk (or quota) is STORE_FULL; what is coded already stays. */
export const storeFailure = (thrown: unknown, folder: string): unknown => {
  const { code } = thrown as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return thrown;
  return new GreifError(
    'STORE_FULL',
    `the disk of the image store ${folder} is full: make space there (for example "greif image remove"), then repeat; what is done already is kept`,
    { cause: thrown },
  );
};
