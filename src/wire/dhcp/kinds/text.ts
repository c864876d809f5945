import type { Kind } from './kind.ts';

/** Text. Some clients end it with a NUL (RFC 2132 section 2 asks to tolerate that). */
export const text: Kind<string> = {
  decode: (bytes) => bytes.toString('latin1').replace(/\0+$/, ''),
  encode: (value) => Buffer.from(value, 'latin1'),
};

/** Bytes as they came: identifiers, and what is only echoed. */
export const opaque: Kind<Buffer> = { decode: (bytes) => bytes, encode: (value) => value };
