import { GreifError } from '../core/errors.ts';

/** cmd.exe reads a batch file in the code page of its country: only ASCII is the same in all of them. */
const printable = /^[\x20-\x7e]*$/;

const assertFits = (name: string, text: string): void => {
  const problem = text.includes('"')
    ? 'it holds a double quote'
    : printable.test(text)
      ? undefined
      : 'it holds a control character or a letter beyond ASCII';
  if (problem)
    throw new GreifError('ANSWER_VALUE_UNFIT', `${name} cannot be written into a batch file: ${problem}`);
};

/**
 * One argument of a program, as a batch file has it: between quotes only `%` still means something to cmd.exe (“Command shell overview”), and backslashes
 * before the closing quote to the program's own reading of its command line (“Parsing C++ command-line arguments”). `name` is what the value is, for the
 * message. Throws ANSWER_VALUE_UNFIT for what no batch file can hold.
 */
export const argument = (name: string, text: string): string => {
  assertFits(name, text);
  return `"${text.replaceAll('%', '%%').replace(/\\+$/, '$&$&')}"`;
};

/** Lines as Windows has them. */
export const windowsLines = (lines: readonly string[]): string => `${lines.join('\r\n')}\r\n`;
