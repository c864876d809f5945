import { errorCatalogue } from './errors.ts';

/** For Commander's `exitOverride`: a call that is wrong in itself ends with our exit status for it, `--help` with 0. */
export const exitOnMisuse = ({ exitCode }: { exitCode: number }): never =>
  process.exit(exitCode === 0 ? 0 : errorCatalogue.BAD_REQUEST.exit);
