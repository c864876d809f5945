import { MalformedPacket, Reader } from '../reader.ts';

/** Options by their number, each with its whole value: what was split or overloaded is joined again. */
export type OptionMap = ReadonlyMap<number, Buffer>;

const pad = 0;
export const endMark = 255;
/** What one part of an option can hold; its length is one byte. */
export const longestPart = 255;
/** Code and length. */
export const partHeader = 2;

/** Gathers options out of one field or several, in the order of RFC 3396 section 5. */
export class OptionCollector {
  readonly #found = new Map<number, Buffer>();
  /** The parts of options that came more than once: joined at the end, as joining at each part would take quadratic time. */
  #parts: Map<number, Buffer[]> | undefined;

  /**
   * Code-length-value triples (RFC 2132 section 2) up to the end mark. That may be missing: some ROMs fill the field to
   * its last byte.
   */
  read(reader: Reader): void {
    while (reader.remaining > 0) {
      const code = reader.u8();
      if (code === endMark) return;
      if (code !== pad) this.#add(code, reader.take(reader.u8()));
    }
  }

  /** The first part of an option so far. */
  peek(code: number): Buffer | undefined {
    return this.#found.get(code);
  }

  #add(code: number, value: Buffer): void {
    const former = this.#found.get(code);
    if (former === undefined) {
      this.#found.set(code, value);
      return;
    }
    this.#parts ??= new Map();
    const parts = this.#parts.get(code);
    if (parts) parts.push(value);
    else this.#parts.set(code, [former, value]);
  }

  /** All options. The collector is used up. */
  finish(): Map<number, Buffer> {
    for (const [code, parts] of this.#parts ?? []) this.#found.set(code, Buffer.concat(parts));
    return this.#found;
  }
}

/** Throws MalformedPacket when a length points beyond the end. */
export const decodeOptions = (bytes: Buffer): Map<number, Buffer> => {
  const collector = new OptionCollector();
  collector.read(new Reader(bytes));
  return collector.finish();
};

/** The bytes that an option takes, the headers of its parts included (RFC 3396). */
export const optionLength = (value: Buffer): number =>
  value.length + partHeader * Math.max(1, Math.ceil(value.length / longestPart));

/** The bytes that options take, without an end mark. */
export const optionsLength = (options: OptionMap): number => {
  let length = 0;
  for (const value of options.values()) length += optionLength(value);
  return length;
};

/**
 * One option; more than 255 bytes go out in several parts (RFC 3396 section 5). Returns where the next goes. Throws
 * MalformedPacket for a number that no option can have.
 */
export const putOption = (into: Buffer, at: number, code: number, value: Buffer): number => {
  if (!Number.isInteger(code) || code <= pad || code >= endMark)
    throw new MalformedPacket(`no option can have the number ${code}`);
  let next = at;
  for (let from = 0; from === 0 || from < value.length; from += longestPart) {
    const length = Math.min(longestPart, value.length - from);
    into[next] = code;
    into[next + 1] = length;
    into.set(from === 0 && length === value.length ? value : value.subarray(from, from + length), next + 2);
    next += partHeader + length;
  }
  return next;
};

/** Options one after the other, without an end mark. Returns where the next goes. */
export const putOptions = (into: Buffer, at: number, options: Iterable<[number, Buffer]>): number => {
  let next = at;
  for (const [code, value] of options) next = putOption(into, next, code, value);
  return next;
};
