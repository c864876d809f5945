import { type Syntax, shell, textOf, UnfitValue } from '../syntax.ts';

/** Python's str.splitlines, with which pykickstart takes a file apart, ends a line at some of these that others would not. */
const lineEnds = /[\p{Cc}\u2028\u2029]/u;

/** One word of a line of kickstart, which is taken apart by Python's shlex as a shell would do it; in `%post` it is a word of the shell. */
export const kickstart: Syntax = {
  name: 'a word of a kickstart line',
  write(value) {
    if (lineEnds.test(textOf(value)))
      throw new UnfitValue('it holds a line break or another control character');
    return shell.write(value);
  },
};
