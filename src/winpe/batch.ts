import { UnfitValue, unfit } from '../answers/syntax.ts';
import { cmd } from '../answers/syntaxes/cmd.ts';

/** cmd.exe reads a batch file in the code page of its country: only ASCII is the same in all of them. */
const beyondAscii = /[^\x20-\x7e]/;

/** A value as one argument of a program in a batch file; `name` is what it is, for the message. Throws ANSWER_VALUE_UNFIT. */
export const argument = (name: string, text: string): string => {
  try {
    const written = cmd.write(text);
    if (beyondAscii.test(text)) throw new UnfitValue('it holds a letter beyond ASCII');
    return written;
  } catch (fault) {
    if (fault instanceof UnfitValue) throw unfit(name, cmd.name, fault.message, fault);
    throw fault;
  }
};

/** Lines as Windows has them. */
export const windowsLines = (lines: readonly string[]): string => `${lines.join('\r\n')}\r\n`;
