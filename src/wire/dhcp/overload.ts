import { MalformedPacket } from '../reader.ts';
import { longestPart, type OptionMap, optionLength, optionsLength, partHeader } from './option-map.ts';

/** Option 52 (RFC 2132 section 9.3): which fields hold options as well. */
export const overloadCode = 52;
export const overload = { file: 1, sname: 2 } as const;

/** An option, or a part of one. */
type Part = [code: number, value: Buffer];

/** A field of the packet that takes options, and the bytes that are left in it. */
class Field {
  readonly parts: Part[] = [];
  room: number;

  /** One byte stays for the end mark. */
  constructor(length: number) {
    this.room = length - 1;
  }

  add(code: number, value: Buffer): void {
    this.parts.push([code, value]);
    this.room -= optionLength(value);
  }
}

/** In parts over what is left of the fields, in the order in which a reader joins them. */
const split = (fields: readonly Field[], code: number, value: Buffer): void => {
  let from = 0;
  for (const field of fields)
    while (from < value.length && field.room > partHeader) {
      const part = value.subarray(from, from + Math.min(longestPart, field.room - partHeader));
      field.add(code, part);
      from += part.length;
    }
  if (from < value.length || value.length === 0)
    throw new MalformedPacket(`option ${code} does not fit: give shorter options, or fewer`);
};

/** What goes into each field; `overload` is the value of option 52. */
export interface Spread {
  options: Part[];
  file: Part[];
  sname: Part[];
  overload: number;
}

/**
 * Spreads options over the options field and, as far as they are free, `file` and `sname` (RFC 2131 section 4.1). Whole options where possible. The last
 * option stays in the options field when it is `keepLast`. Lengths in bytes, 0 for a field in use. Throws MalformedPacket when there
 * is not enough room.
 */
export const spreadOptions = (
  options: OptionMap,
  lengths: { options: number; file: number; sname: number },
  keepLast: number,
): Spread => {
  const last = options.get(keepLast);
  const kept = partHeader + 1 + (last ? optionLength(last) : 0);
  const main = new Field(lengths.options - kept);
  const [file, sname] = [new Field(lengths.file), new Field(lengths.sname)];
  if (main.room < 0)
    throw new MalformedPacket(
      `${optionsLength(options)} bytes of options do not fit: give shorter options, or fewer`,
    );
  const fields = [main, file, sname];
  for (const [code, value] of options) {
    if (code === keepLast) continue;
    const roomy = fields.find(({ room }) => room >= optionLength(value));
    if (roomy) roomy.add(code, value);
    else split(fields, code, value);
  }
  if (last) main.parts.push([keepLast, last]);
  return {
    options: main.parts,
    file: file.parts,
    sname: sname.parts,
    overload: (file.parts.length > 0 ? overload.file : 0) | (sname.parts.length > 0 ? overload.sname : 0),
  };
};
