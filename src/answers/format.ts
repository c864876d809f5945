import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { InstallValues } from './install-values.ts';
import type { Syntax } from './syntax.ts';
import type { AnswerTemplate } from './template.ts';

/** A file as the installer fetches it. */
export interface AnswerFile {
  name: string;
  contentType: string;
  text: string;
}

interface FormatFile {
  name: string;
  contentType: string;
  /** In config/answers, without `.liquid`. */
  template: string;
}

/** One installer's language of answers. */
export interface AnswerFormat {
  name: string;
  syntax: Syntax;
  /** The first is the one that a template of the administrator's own takes the place of. */
  files: readonly [FormatFile, ...FormatFile[]];
  /** Names for the templates beside the install values: what the built-in ones need worked out. Throws UnfitValue. */
  facts(values: InstallValues): Record<string, unknown>;
  /** Throws an Error that says what is wrong where a text is none of this format. */
  check?(text: string): void;
  /** What the installer's kernel must be told so that it finds the answer: beside `urls.answer`, what is asked before. */
  bootArguments(values: InstallValues): string[];
}

const folder = path.resolve(import.meta.dirname, '../../config/answers');

export const builtInTemplate = (name: string): AnswerTemplate => ({
  name: `${name} of Greif`,
  text: readFileSync(path.join(folder, `${name}.liquid`), 'utf8'),
});
