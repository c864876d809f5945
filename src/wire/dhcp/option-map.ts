import { MalformedPacket, type Reader } from '../reader.ts';

/** Options by their number, each with its whole value: what was split or overloaded is joined again. */
export type OptionMap = ReadonlyMap<number, Buffer>;

const pad = 0;
const end = 255;

/**
 * Reads code-length-value triples (RFC 2132 section 2) into `into`. An option that comes again continues the
 * former (RFC 3396). The end mark may be missing: some ROMs fill the field to its last byte.
 */
export const decodeOptions = (reader: Reader, into: Map<number, Buffer> = new Map()): Map<number, Buffer> => {
  while (reader.remaining > 0) {
    const code = reader.u8();
    if (code === end) break;
    if (code === pad) continue;
    const value = reader.take(reader.u8());
    const before = into.get(code);
    into.set(code, before ? Buffer.concat([before, value]) : value);
  }
  return into;
};

/** One option; more than 255 bytes go out in several parts (RFC 3396 section 5). */
const encodeOption = (code: number, value: Buffer): Buffer[] => {
  if (!Number.isInteger(code) || code <= pad || code >= end)
    throw new MalformedPacket(`no option can have the number ${code}`);
  const parts: Buffer[] = [];
  for (let at = 0; at === 0 || at < value.length; at += 255) {
    const part = value.subarray(at, at + 255);
    parts.push(Buffer.from([code, part.length]), part);
  }
  return parts;
};

/** All options and the end mark. */
export const encodeOptions = (options: OptionMap): Buffer =>
  Buffer.concat([...[...options].flatMap(([code, value]) => encodeOption(code, value)), Buffer.from([end])]);
