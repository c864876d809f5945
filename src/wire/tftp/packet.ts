import { MalformedPacket, Reader } from '../reader.ts';

/** Options by lower-case name; values as they came. RFC 2347: names know no case, and come once. */
export type TftpOptions = ReadonlyMap<string, string>;

/** RFC 1350 section 5; 8 is RFC 2347's "option negotiation failed". */
export type TftpErrorCode = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/**
 * A TFTP packet (RFC 1350 section 5, RFC 2347):
 *
 *     RRQ, WRQ   opcode(2) filename NUL mode NUL [option NUL value NUL]…
 *     DATA       opcode(2) block(2) data…
 *     ACK        opcode(2) block(2)
 *     ERROR      opcode(2) code(2) message NUL
 *     OACK       opcode(2) [option NUL value NUL]…
 */
export type TftpPacket =
  | { kind: 'RRQ' | 'WRQ'; filename: string; mode: string; options: TftpOptions }
  | { kind: 'DATA'; block: number; data: Buffer }
  | { kind: 'ACK'; block: number }
  | { kind: 'ERROR'; code: number; message: string }
  | { kind: 'OACK'; options: TftpOptions };

const opcodes = { RRQ: 1, WRQ: 2, DATA: 3, ACK: 4, ERROR: 5, OACK: 6 } as const;

/** Firmware pads datagrams with NULs: an empty name ends the options. */
const decodeOptions = (reader: Reader): Map<string, string> => {
  const options = new Map<string, string>();
  while (reader.remaining > 0) {
    const name = reader.textToNul().toLowerCase();
    if (name === '') break;
    const value = reader.textToNul();
    if (!options.has(name)) options.set(name, value);
  }
  return options;
};

const decodeRequest = (kind: 'RRQ' | 'WRQ', reader: Reader): TftpPacket => {
  const filename = reader.textToNul();
  const mode = reader.textToNul().toLowerCase();
  if (filename === '') throw new MalformedPacket('a request names no file');
  return { kind, filename, mode, options: decodeOptions(reader) };
};

/** The last NUL of an error's message is missing from some firmware's. */
const decodeError = (reader: Reader): TftpPacket => ({
  kind: 'ERROR',
  code: reader.u16(),
  message: reader.take(reader.remaining).toString('latin1').replace(/\0.*$/s, ''),
});

/** Throws MalformedPacket for whatever is cut short or of no known kind. */
export const decodeTftp = (bytes: Buffer): TftpPacket => {
  const reader = new Reader(bytes);
  const opcode = reader.u16();
  switch (opcode) {
    case opcodes.RRQ:
      return decodeRequest('RRQ', reader);
    case opcodes.WRQ:
      return decodeRequest('WRQ', reader);
    case opcodes.DATA:
      return { kind: 'DATA', block: reader.u16(), data: reader.take(reader.remaining) };
    case opcodes.ACK:
      return { kind: 'ACK', block: reader.u16() };
    case opcodes.ERROR:
      return decodeError(reader);
    case opcodes.OACK:
      return { kind: 'OACK', options: decodeOptions(reader) };
    default:
      throw new MalformedPacket(`${opcode} is no TFTP operation`);
  }
};

const words = (...numbers: number[]): Buffer => {
  const bytes = Buffer.alloc(2 * numbers.length);
  for (const [index, number] of numbers.entries()) bytes.writeUInt16BE(number, 2 * index);
  return bytes;
};

const texts = (...values: string[]): Buffer => {
  if (values.some((value) => value.includes('\0'))) throw new MalformedPacket('a text may hold no NUL');
  return Buffer.from(values.map((value) => `${value}\0`).join(''), 'latin1');
};

/** Writes the four bytes before a block's data to `at` and returns where the data goes. */
export const writeDataHeader = (block: number, into: Buffer, at: number): number =>
  into.writeUInt16BE(block, into.writeUInt16BE(opcodes.DATA, at));

/** Throws MalformedPacket for a text with a NUL in it. */
export const encodeTftp = (packet: TftpPacket): Buffer => {
  switch (packet.kind) {
    case 'RRQ':
    case 'WRQ':
      return Buffer.concat([
        words(opcodes[packet.kind]),
        texts(packet.filename, packet.mode, ...[...packet.options].flat()),
      ]);
    case 'DATA':
      return Buffer.concat([words(opcodes.DATA, packet.block), packet.data]);
    case 'ACK':
      return words(opcodes.ACK, packet.block);
    case 'ERROR':
      return Buffer.concat([words(opcodes.ERROR, packet.code), texts(packet.message)]);
    case 'OACK':
      return Buffer.concat([words(opcodes.OACK), texts(...[...packet.options].flat())]);
  }
};
