import { readFileSync } from 'node:fs';
import path from 'node:path';
import { RelaxNGValidator, XmlDocument } from 'libxml2-wasm';

const parsed = <T>(text: string, use: (document: XmlDocument) => T): T => {
  const document = XmlDocument.fromString(text);
  try {
    return use(document);
  } finally {
    document.dispose();
  }
};

/** What the binding drops now and then when it comes first. */
export const withoutMark = (text: string): string => text.replace(/^\ufeff+/, '');

/** The contents of the nodes that an XPath finds, without a mark; `u:` is the prefix of the root's namespace. */
export const contentsOf = (text: string, xpath: string): string[] =>
  parsed(text, (document) =>
    document.find(xpath, { u: document.root.namespaceUri }).map((node) => withoutMark(node.content)),
  );

/** Throws with the line where the document breaks the grammar in schemas/. */
export const assertValid = (schema: string, text: string): void => {
  const file = path.join(import.meta.dirname, 'schemas', `${schema}.rng`);
  parsed(readFileSync(file, 'utf8'), (grammar) => {
    const validator = RelaxNGValidator.fromDoc(grammar);
    try {
      parsed(text, (document) => validator.validate(document));
    } finally {
      validator.dispose();
    }
  });
};
