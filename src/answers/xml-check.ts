import { XmlDocument } from 'libxml2-wasm';

const rootOf = (text: string): string => {
  // With a document type go entities, which can be made to name files or to grow without end.
  if (/<!DOCTYPE/i.test(text)) throw new Error('an answer file has no document type');
  const document = XmlDocument.fromString(text);
  try {
    return `{${document.root.namespaceUri}}${document.root.name}`;
  } finally {
    document.dispose();
  }
};

const assertRoot = (text: string, namespace: string, name: string): void => {
  if (rootOf(text) !== `{${namespace}}${name}`)
    throw new Error(`its root is not <${name} xmlns="${namespace}">`);
};

/** Throws an Error unless the text is XML with the root of Windows' answer files. */
export const checkUnattend = (text: string): void =>
  assertRoot(text, 'urn:schemas-microsoft-com:unattend', 'unattend');

/** Throws an Error unless the text is XML with the root of AutoYaST's profiles. */
export const checkAutoyast = (text: string): void =>
  assertRoot(text, 'http://www.suse.com/1.0/yast2ns', 'profile');
