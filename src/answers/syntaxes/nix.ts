import { type Syntax, textOf } from '../syntax.ts';

const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A value of the Nix language, texts with their quotes; lists too. No `$` is left that could begin an expansion. */
export const nix: Syntax = {
  name: 'a value in Nix',
  write(value) {
    if (Array.isArray(value)) return `[ ${value.map(nix.write).join(' ')} ]`;
    const text = textOf(value);
    if (typeof value !== 'string') return text;
    return `"${text.replace(/[\\"$]/g, '\\$&').replace(/[\n\r\t]/g, (char) => escapes[char] ?? '')}"`;
  },
};
