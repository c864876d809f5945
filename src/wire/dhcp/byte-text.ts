import { MalformedPacket } from '../reader.ts';

/** Whether every character is one byte (Latin-1) and none is a NUL. */
export const isByteText = (text: string): boolean => {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0 || code > 255) return false;
  }
  return true;
};

/** One byte a character. Throws MalformedPacket for text that is longer than `longest` bytes or has other characters. */
export const encodeByteText = (text: string, longest = Number.POSITIVE_INFINITY): Buffer => {
  if (text.length > longest || !isByteText(text))
    throw new MalformedPacket(`"${text}" cannot be written as at most ${longest} bytes of Latin-1`);
  return Buffer.from(text, 'latin1');
};

/** Behind one byte with its length. Throws MalformedPacket. */
export const encodeCountedText = (text: string): Buffer => {
  const bytes = encodeByteText(text, 255);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
};
