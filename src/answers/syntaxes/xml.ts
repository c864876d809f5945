import { type Syntax, textOf, UnfitValue } from '../syntax.ts';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Text and attributes of XML 1.0 (sections 2.2 and 2.11); line breaks by number, as a parser makes others of them. */
export const xml: Syntax = {
  name: 'text in XML',
  write(value) {
    const text = textOf(value);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: just these are in no XML document
    if (/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(text))
      throw new UnfitValue('it holds a control character that no XML document may hold');
    return text.replace(/[&<>"'\t\n\r]/g, (char) => entities[char] ?? `&#${char.charCodeAt(0)};`);
  },
};
