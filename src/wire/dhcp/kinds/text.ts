import { encodeByteText } from '../byte-text.ts';
import type { Kind } from './kind.ts';

/**
 * Text up to its NUL: some clients send one (RFC 2132 section 2 asks to tolerate that), and what stands behind it is nothing that a
 * database or a log should see. Latin-1, one byte a character.
 */
export const text: Kind<string> = {
  decode(bytes) {
    const end = bytes.indexOf(0);
    return bytes.toString('latin1', 0, end < 0 ? bytes.length : end);
  },
  encode: (value) => encodeByteText(value),
};
