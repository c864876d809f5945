import { type Syntax, textOf, UnfitValue } from '../syntax.ts';

/** Throws UnfitValue for what no text file can hold, wherever it is in the value. */
const assertText = (value: unknown): void => {
  if (Array.isArray(value)) value.forEach(assertText);
  else if (typeof value === 'object' && value !== null)
    for (const [key, item] of Object.entries(value)) {
      textOf(key);
      assertText(item);
    }
  else if (value !== null && value !== undefined) textOf(value);
};

const jsonOf = (value: unknown): string => {
  assertText(value);
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined) throw new UnfitValue('it is nothing that JSON has');
  return text;
};

/** Characters that YAML 1.1 takes for line breaks or does not print, and TOML wants escaped; all four languages read `\uXXXX`. */
const special = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g;
const escaped = (text: string): string =>
  text.replace(special, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** A whole value, texts with their quotes: `"name": {{ hostName }}`. Lists and objects too. */
export const json: Syntax = { name: 'a value in JSON', write: (value) => escaped(jsonOf(value)) };

/** JSON is YAML (1.2, section 1.3), and quoted text is text to every parser: `yes`, `1e3`, `null`. */
export const yaml: Syntax = { name: 'a value in YAML', write: json.write };

/** A value of TOML, whose texts, numbers, booleans and lists are written as in JSON; it has no null, and tables stand otherwise. */
export const toml: Syntax = {
  name: 'a value in TOML',
  write(value) {
    if (Array.isArray(value)) return `[${value.map(toml.write).join(', ')}]`;
    textOf(value);
    return json.write(value);
  },
};
