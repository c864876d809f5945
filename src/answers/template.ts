import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Liquid, RenderError } from 'liquidjs';
import { GreifError } from '../core/errors.ts';
import { filters, nameWord, type Syntax, UnfitValue, unfit } from './syntax.ts';
import type { TemplateFormat } from './template-format.ts';

/** An answer file with names in it, in Liquid. */
export interface AnswerTemplate {
  name: string;
  text: string;
  /** Of one of the administrator's own. */
  format?: TemplateFormat | undefined;
}

const folder = path.resolve(import.meta.dirname, '../../config/answers');
const builtInText = (name: string): string => readFileSync(path.join(folder, `${name}.liquid`), 'utf8');

export const builtInTemplate = (name: string): AnswerTemplate => ({
  name: `${name} of Greif`,
  text: builtInText(name),
});

/** More than any answer file; it goes to the PC at a boot. */
const answerAtMost = 1024 * 1024;

/**
 * A template cannot read files, but for Greif's own part that makes a Linux disk. What it puts out is written in the syntax's own way, and no
 * filter leaves this out (liquidjs has `raw`); only `name` puts out what needs no writing. An unknown name is an error, never an empty string.
 */
const engineFor = (syntax: Syntax): Liquid => {
  const engine = new Liquid({
    strictVariables: true,
    strictFilters: true,
    ownPropertyOnly: true,
    jsTruthy: true,
    outputEscape: (value: unknown) => syntax.write(value),
    templates: { 'linux-disk': builtInText('linux-disk') },
    renderLimit: 5000,
    memoryLimit: 10_000_000,
    parseLimit: 1_000_000,
  });
  delete engine.filters['raw'];
  for (const [name, filter] of Object.entries(filters)) engine.registerFilter(name, filter);
  engine.registerFilter('name', { raw: true, handler: nameWord });
  return engine;
};

const engines = new Map<Syntax, Liquid>();
const engineOf = (syntax: Syntax): Liquid => {
  const engine = engines.get(syntax) ?? engineFor(syntax);
  engines.set(syntax, engine);
  return engine;
};

const templateInvalid = (name: string, reason: string, cause?: unknown): GreifError =>
  new GreifError('TEMPLATE_INVALID', `the template ${name} cannot be used: ${reason}`, { cause });

const reasonOf = (error: unknown): string =>
  error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);

/** The value's name as the template has it, `{{ machine.serial }}`. */
const named = (error: RenderError): string => error.token.getText().replace(/^\{\{-?\s*|\s*-?\}\}$/g, '');

/** Throws TEMPLATE_INVALID with the line and the name that is wrong, ANSWER_VALUE_UNFIT with the value's name. */
export const renderTemplate = (
  syntax: Syntax,
  template: AnswerTemplate,
  names: Record<string, unknown>,
): string => {
  let text: string;
  try {
    text = engineOf(syntax).parseAndRenderSync(template.text, names);
  } catch (error) {
    if (error instanceof RenderError && error.originalError instanceof UnfitValue)
      throw unfit(named(error), syntax.name, error.originalError.message, error);
    throw templateInvalid(template.name, reasonOf(error), error);
  }
  if (text.length > answerAtMost)
    throw templateInvalid(template.name, `it makes an answer file of more than ${answerAtMost} bytes`);
  return text;
};

/** The same template, unless it is of another format: then TEMPLATE_INVALID. */
export const ofFormat = (template: AnswerTemplate, format: TemplateFormat): AnswerTemplate => {
  if (template.format !== undefined && template.format !== format)
    throw templateInvalid(template.name, `it is one of ${template.format}, and this PC needs ${format}`);
  return template;
};

/** The same text, unless `check` throws: then TEMPLATE_INVALID with its words. */
export const checked = (template: AnswerTemplate, text: string, check: (text: string) => void): string => {
  try {
    check(text);
  } catch (error) {
    throw templateInvalid(template.name, reasonOf(error).trim(), error);
  }
  return text;
};
