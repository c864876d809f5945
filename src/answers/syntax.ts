import { GreifError } from '../core/errors.ts';

/** A value for which a syntax has no way of writing; the renderer makes it ANSWER_VALUE_UNFIT with the value's name. */
export class UnfitValue extends Error {}

export const unfit = (name: string, where: string, reason: string, cause?: unknown): GreifError =>
  new GreifError('ANSWER_VALUE_UNFIT', `${name} cannot be written as ${where}: ${reason}`, { cause });

/** How values are written in one language, so that its parser reads back the same value. */
export interface Syntax {
  /** For messages: "the value of a preseed line". */
  name: string;
  /** What `{{ … }}` puts out. Throws UnfitValue. */
  write(value: unknown): string;
}

/** The text of a plain value. Lists and objects have none: a template says how they are to be joined. */
export const textOf = (value: unknown): string => {
  if (typeof value === 'string') {
    if (value.includes('\0')) throw new UnfitValue('NUL is in no text');
    if (!value.isWellFormed()) throw new UnfitValue('it is not Unicode');
    return value;
  }
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value)))
    return String(value);
  throw new UnfitValue(Array.isArray(value) ? 'it is a list' : 'it is neither text, number nor boolean');
};

/** One word of a POSIX shell (XCU 2.2.2): between single quotes everything is itself. */
const shellWord = (value: unknown): string => `'${textOf(value).replaceAll("'", `'"'"'`)}'`;

/** Also what splits its lines as a shell does, where lines may break between quotes. */
export const shell: Syntax = { name: 'a word of a shell script', write: shellWord };

const wordsOf = (value: unknown): string[] => {
  if (!Array.isArray(value)) throw new UnfitValue('it is no list');
  return value.map(textOf).map((item) => {
    if (item === '' || /[\s,]/.test(item)) throw new UnfitValue('an item is empty or holds a blank or comma');
    return item;
  });
};

/** A name that means itself in every syntax, so that it needs no quotes where a syntax has none. */
export const nameWord = (value: unknown): string => {
  const text = textOf(value);
  if (!/^[A-Za-z0-9@_/][\w.+:@/-]*$/.test(text))
    throw new UnfitValue('it is more than letters, digits and inner . _ + : @ / -');
  return text;
};

/** For what stands inside another syntax; the outer syntax's `write` comes after them. */
export const filters = {
  shell: shellWord,
  /** A list as words between blanks. */
  words: (value: unknown): string => wordsOf(value).join(' '),
  /** A list as a multiple choice has it. */
  commas: (value: unknown): string => wordsOf(value).join(', '),
};
