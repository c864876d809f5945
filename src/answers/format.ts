import type { InstallValues } from './install-values.ts';
import type { Syntax } from './syntax.ts';
import type { TemplateFormat } from './template-format.ts';

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
  /** Where it is another than the format's. */
  syntax?: Syntax;
}

/** One installer's language of answers. */
export interface AnswerFormat {
  name: TemplateFormat;
  syntax: Syntax;
  /** The first is the one that the installer's kernel is told of, in the folder `urls.answer`. */
  files: readonly [FormatFile, ...FormatFile[]];
  /** Which of them a template of the administrator's takes the place of; else the first. */
  own?: number;
  /** Names for the templates beside the install values: what the built-in ones need worked out. Throws UnfitValue. */
  facts(values: InstallValues): Record<string, unknown>;
  /** Throws an Error that says what is wrong where the text of that file is none of this format. */
  check?(text: string): void;
}
