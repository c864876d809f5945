import type { Kind } from './kind.ts';

/** Bytes as they came: identifiers, and what is only echoed. */
export const opaque: Kind<Buffer> = { decode: (bytes) => bytes, encode: (value) => value };
