import { type Syntax, textOf, UnfitValue } from '../syntax.ts';

/** A line of cmd.exe is at most 8191 characters. */
const longest = 8000;

/**
 * One argument in a batch file of cmd.exe, in double quotes: between them `& | < > ^ ( )` are themselves, and a percent sign is written
 * twice. A double quote has no way of writing that both cmd and the program understand.
 */
export const cmd: Syntax = {
  name: 'an argument in a cmd script',
  write(value) {
    const text = textOf(value);
    if (text.includes('"')) throw new UnfitValue('it holds a double quote');
    if (/\p{Cc}/u.test(text)) throw new UnfitValue('it holds a line break or another control character');
    if (text.endsWith('\\'))
      throw new UnfitValue('it ends with a backslash, which would keep the quote open');
    if (text.length > longest) throw new UnfitValue(`it has more than ${longest} characters`);
    return `"${text.replaceAll('%', '%%')}"`;
  },
};
