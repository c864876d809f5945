import type { ExecutionContext } from 'ava';
import fc from 'fast-check';
import type { InstallValues } from '../../src/answers/install-values.ts';
import { renderAnswer } from '../../src/answers/render.ts';
import { fitText, hostileText } from './hostile.ts';

/** The answer's files by name; `text` is the template that takes the place of the format's own. */
export const filesOf = (values: InstallValues, text?: string): Record<string, string> =>
  Object.fromEntries(
    renderAnswer(values, text === undefined ? undefined : { name: 'mine', text }).map((file) => [
      file.name,
      file.text,
    ]),
  );

/**
 * Hostile texts as full names of users in the built-in template: `read` gives the names that the format's parser finds. And texts that
 * no file can hold are refused by name.
 */
export const assertNamesComeOut = (
  t: ExecutionContext,
  values: InstallValues,
  read: (files: Record<string, string>) => readonly unknown[],
  runs = 15,
): void => {
  fc.assert(
    fc.property(fc.array(hostileText, { minLength: 30, maxLength: 30 }), (all) => {
      const texts = all.filter((text) => fitText(text) && text !== '');
      const users = texts.map((fullName, index) => ({ name: `u${index}`, fullName, isAdmin: false }));
      t.deepEqual(read(filesOf({ ...values, users })), texts);
    }),
    { numRuns: runs, endOnFailure: true },
  );
  t.throws(() => filesOf({ ...values, users: [{ name: 'u', fullName: 'a\0b', isAdmin: false }] }), {
    code: 'ANSWER_VALUE_UNFIT',
    message: /NUL/,
  });
};
