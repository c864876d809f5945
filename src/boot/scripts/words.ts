import { GreifError } from '../../core/errors.ts';

/**
 * Printable ASCII without what one of the ways from a boot script to a kernel reads as more than a letter: quotes, backslashes and blanks in GRUB and in
 * kernels' command lines, `${` in iPXE, which knows no way to write it, and `#` at the start there.
 */
const word = /^(?!#)(?!.*\$\{)[!#-&(-[\]-~]+$/;

/** The word itself; so iPXE takes it. Throws CONFIG_INVALID for what cannot be one word everywhere. */
export const bootWord = (text: string): string => {
  if (word.test(text) && !['||', '&&', ';'].includes(text)) return text;
  throw new GreifError(
    'CONFIG_INVALID',
    `${JSON.stringify(text)} cannot be told to a boot loader: it is empty, or holds a blank, a quote, a backslash, \${ or a letter that is not ASCII`,
  );
};

/** As a word of GRUB's script language: between single quotes nothing has a meaning (GRUB manual, "Quoting"). */
export const grubWord = (text: string): string => {
  const safe = bootWord(text);
  return /^[\w.,:=/@%+~-]+$/.test(safe) ? safe : `'${safe}'`;
};
