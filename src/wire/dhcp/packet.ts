import { MalformedPacket, Reader } from '../reader.ts';
import { decodeAddress, putAddress } from './address.ts';
import { isByteText } from './byte-text.ts';
import { endMark, OptionCollector, type OptionMap, optionsLength, putOptions } from './option-map.ts';
import { overload, overloadCode, spreadOptions } from './overload.ts';

/**
 * A DHCP message in the RFC's own words (RFC 2131 section 2). Addresses are dotted, `0.0.0.0` is "none".
 *
 *     op(1) htype(1) hlen(1) hops(1) xid(4) secs(2) flags(2) ciaddr(4) yiaddr(4) siaddr(4) giaddr(4)
 *     chaddr(16) sname(64) file(128) cookie(4) options…
 */
export interface DhcpPacket {
  op: 'BOOTREQUEST' | 'BOOTREPLY';
  htype: number;
  hops: number;
  xid: number;
  secs: number;
  /** The top bit of `flags`: the client cannot yet hear unicast. */
  broadcast: boolean;
  ciaddr: string;
  yiaddr: string;
  siaddr: string;
  giaddr: string;
  /** The hardware address, `hlen` bytes. */
  chaddr: Buffer;
  sname: string;
  file: string;
  /** Never with option 52: that belongs to the encoding. */
  options: OptionMap;
}

const magicCookie = 0x63825363;
/** Where each field lies, in bytes from the start. */
const at = {
  htype: 1,
  hlen: 2,
  hops: 3,
  xid: 4,
  secs: 8,
  flags: 10,
  ciaddr: 12,
  yiaddr: 16,
  siaddr: 20,
  giaddr: 24,
  chaddr: 28,
  sname: 44,
  file: 108,
  cookie: 236,
  options: 240,
};
const chaddrLength = 16;
const snameLength = at.file - at.sname;
/** The room that a text has in `file`, its NUL included. */
export const fileFieldLength = at.cookie - at.file;

/** RFC 1542 section 2.1: relays and old clients drop what is shorter. */
const minimumLength = 300;
const broadcastFlag = 0x8000;
/** RFC 3046 section 2.1: the last option, and relays look for it in the options field only. */
const relayAgentInformation = 82;

/** The number of the operation field. Throws MalformedPacket for any but request and reply. */
const decodeOp = (op: number): DhcpPacket['op'] => {
  if (op !== 1 && op !== 2) throw new MalformedPacket(`operation ${op} is neither request nor reply`);
  return op === 1 ? 'BOOTREQUEST' : 'BOOTREPLY';
};

/** Throws MalformedPacket for what cannot be a DHCP message; behind this check every fixed field can be read. */
const checkFrame = (bytes: Buffer): void => {
  if (bytes.length < at.options)
    throw new MalformedPacket(`need ${at.options} bytes at 0, have ${bytes.length}`);
  if (bytes.readUInt32BE(at.cookie) !== magicCookie) throw new MalformedPacket('the DHCP cookie is missing');
  const hlen = bytes.readUInt8(at.hlen);
  if (hlen > chaddrLength)
    throw new MalformedPacket(`a hardware address has at most ${chaddrLength} bytes, not ${hlen}`);
};

/** Text up to its NUL, or to the end of the field. */
const readText = (bytes: Buffer, start: number, length: number): string => {
  if (bytes[start] === 0) return '';
  const end = bytes.indexOf(0, start);
  return bytes.toString('latin1', start, end < 0 ? start + length : Math.min(end, start + length));
};

/** All options, and what option 52 says; fields that hold options are read in the order of RFC 3396 section 5. */
const readOptions = (bytes: Buffer): { options: Map<number, Buffer>; overloaded: number } => {
  const collector = new OptionCollector();
  collector.read(new Reader(bytes.subarray(at.options)));
  const overloaded = collector.peek(overloadCode)?.[0] ?? 0;
  if (overloaded & overload.file) collector.read(new Reader(bytes.subarray(at.file, at.cookie)));
  if (overloaded & overload.sname) collector.read(new Reader(bytes.subarray(at.sname, at.file)));
  const options = collector.finish();
  options.delete(overloadCode);
  return { options, overloaded };
};

/**
 * Throws MalformedPacket for whatever is cut short, lies about a length or lacks the cookie. Options in `file` and
 * `sname` (option 52) are joined to the others. `chaddr` and the options are views of `bytes`, not copies.
 */
export const decodePacket = (bytes: Buffer): DhcpPacket => {
  checkFrame(bytes);
  const { options, overloaded } = readOptions(bytes);
  return {
    op: decodeOp(bytes.readUInt8(0)),
    htype: bytes.readUInt8(at.htype),
    hops: bytes.readUInt8(at.hops),
    xid: bytes.readUInt32BE(at.xid),
    secs: bytes.readUInt16BE(at.secs),
    broadcast: (bytes.readUInt16BE(at.flags) & broadcastFlag) !== 0,
    ciaddr: decodeAddress(bytes, at.ciaddr),
    yiaddr: decodeAddress(bytes, at.yiaddr),
    siaddr: decodeAddress(bytes, at.siaddr),
    giaddr: decodeAddress(bytes, at.giaddr),
    chaddr: bytes.subarray(at.chaddr, at.chaddr + bytes.readUInt8(at.hlen)),
    sname: overloaded & overload.sname ? '' : readText(bytes, at.sname, snameLength),
    file: overloaded & overload.file ? '' : readText(bytes, at.file, fileFieldLength),
    options,
  };
};

const putText = (into: Buffer, start: number, length: number, text: string): void => {
  if (text === '') return;
  if (text.length >= length || !isByteText(text))
    throw new MalformedPacket(`"${text}" does not fit into ${length} bytes`);
  into.write(text, start, 'latin1');
};

/** Everything before the options. */
const putFields = (into: Buffer, packet: DhcpPacket): void => {
  const { chaddr } = packet;
  if (chaddr.length > chaddrLength)
    throw new MalformedPacket(`a hardware address has at most ${chaddrLength} bytes`);
  into[0] = packet.op === 'BOOTREQUEST' ? 1 : 2;
  into[at.htype] = packet.htype;
  into[at.hlen] = chaddr.length;
  into[at.hops] = packet.hops;
  into.writeUInt32BE(packet.xid, at.xid);
  into.writeUInt16BE(packet.secs, at.secs);
  into.writeUInt16BE(packet.broadcast ? broadcastFlag : 0, at.flags);
  putAddress(into, at.ciaddr, packet.ciaddr);
  putAddress(into, at.yiaddr, packet.yiaddr);
  putAddress(into, at.siaddr, packet.siaddr);
  putAddress(into, at.giaddr, packet.giaddr);
  into.set(chaddr, at.chaddr);
  putText(into, at.sname, snameLength, packet.sname);
  putText(into, at.file, fileFieldLength, packet.file);
  into.writeUInt32BE(magicCookie, at.cookie);
};

const blank = (length: number): Buffer => {
  // From the pool and zeroed by hand: twice as fast as Buffer.alloc.
  const bytes = Buffer.allocUnsafe(Math.max(minimumLength, length));
  return bytes.fill(0);
};

const relayLast = (options: OptionMap): OptionMap => {
  const relay = options.get(relayAgentInformation);
  if (!relay) return options;
  const ordered = new Map(options);
  ordered.delete(relayAgentInformation);
  return ordered.set(relayAgentInformation, relay);
};

/** Too long for the client: `file` and `sname` take options, as far as they are free (option 52). */
const encodeOverloaded = (packet: DhcpPacket, maximumLength: number): Buffer => {
  const lengths = {
    options: maximumLength - at.options,
    file: packet.file === '' ? fileFieldLength : 0,
    sname: packet.sname === '' ? snameLength : 0,
  };
  const spread = spreadOptions(packet.options, lengths, relayAgentInformation);
  const bytes = blank(maximumLength);
  putFields(bytes, packet);
  const put = (start: number, parts: Iterable<[number, Buffer]>): void => {
    bytes[putOptions(bytes, start, parts)] = endMark;
  };
  put(at.options, [[overloadCode, Buffer.from([spread.overload])], ...spread.options]);
  if (spread.overload & overload.file) put(at.file, spread.file);
  if (spread.overload & overload.sname) put(at.sname, spread.sname);
  return bytes;
};

/**
 * The bytes of a packet, at least 300 and at most `maximumLength`: what a client takes (`maximumLengthFor`). Option 82 goes
 * last. Throws MalformedPacket when a value does not fit into its field, or the options into the message.
 */
export const encodePacket = (packet: DhcpPacket, maximumLength = Number.POSITIVE_INFINITY): Buffer => {
  if (packet.options.has(overloadCode)) throw new MalformedPacket('option 52 belongs to the encoding');
  const length = at.options + optionsLength(packet.options) + 1;
  if (length > maximumLength) return encodeOverloaded(packet, maximumLength);
  const bytes = blank(length);
  putFields(bytes, packet);
  bytes[putOptions(bytes, at.options, relayLast(packet.options))] = endMark;
  return bytes;
};
