import { MalformedPacket, Reader } from '../reader.ts';
import { decodeAddress, encodeAddress } from './address.ts';
import { decodeOptions, encodeOptions, type OptionMap } from './option-map.ts';

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
  options: OptionMap;
}

const magicCookie = 0x63825363;
const fixedLength = 240;
/** RFC 1542 section 2.1: relays and old clients drop what is shorter. */
const minimumLength = 300;
const broadcastFlag = 0x8000;
const overloadOption = 52;

const text = (field: Buffer): string => {
  const end = field.indexOf(0);
  return field.subarray(0, end < 0 ? field.length : end).toString('latin1');
};

/** The number of the operation field. Throws MalformedPacket for any but request and reply. */
const decodeOp = (op: number): DhcpPacket['op'] => {
  if (op !== 1 && op !== 2) throw new MalformedPacket(`operation ${op} is neither request nor reply`);
  return op === 1 ? 'BOOTREQUEST' : 'BOOTREPLY';
};

/**
 * Throws MalformedPacket for whatever is cut short, lies about a length or lacks the cookie. Options in `file` and
 * `sname` (option 52) are joined to the others in the order of RFC 3396 section 5.
 */
export const decodePacket = (bytes: Buffer): DhcpPacket => {
  const reader = new Reader(bytes);
  const op = decodeOp(reader.u8());
  const [htype, hlen, hops] = [reader.u8(), reader.u8(), reader.u8()];
  if (hlen > 16) throw new MalformedPacket(`a hardware address has at most 16 bytes, not ${hlen}`);
  const [xid, secs, flags] = [reader.u32(), reader.u16(), reader.u16()];
  const address = () => decodeAddress(reader.take(4));
  const [ciaddr, yiaddr, siaddr, giaddr] = [address(), address(), address(), address()];
  const chaddr = reader.take(16).subarray(0, hlen);
  const [sname, file] = [reader.take(64), reader.take(128)];
  if (reader.u32() !== magicCookie) throw new MalformedPacket('the DHCP cookie is missing');
  const options = decodeOptions(reader);
  const overload = options.get(overloadOption)?.[0] ?? 0;
  options.delete(overloadOption);
  if (overload & 1) decodeOptions(new Reader(file), options);
  if (overload & 2) decodeOptions(new Reader(sname), options);
  return {
    op,
    htype,
    hops,
    xid,
    secs,
    broadcast: (flags & broadcastFlag) !== 0,
    ciaddr,
    yiaddr,
    siaddr,
    giaddr,
    chaddr,
    sname: overload & 2 ? '' : text(sname),
    file: overload & 1 ? '' : text(file),
    options,
  };
};

/** The room that a text has in `file`, its NUL included. */
export const fileFieldLength = 128;

const putText = (into: Buffer, at: number, length: number, value: string): void => {
  if (value.length >= length || value.includes('\0'))
    throw new MalformedPacket(`"${value}" does not fit into ${length} bytes`);
  into.write(value, at, 'latin1');
};

/** Throws MalformedPacket when a value does not fit into its field. */
export const encodePacket = (packet: DhcpPacket): Buffer => {
  const { chaddr } = packet;
  if (chaddr.length > 16) throw new MalformedPacket('a hardware address has at most 16 bytes');
  const options = encodeOptions(packet.options);
  const bytes = Buffer.alloc(Math.max(minimumLength, fixedLength + options.length));
  bytes.set([packet.op === 'BOOTREQUEST' ? 1 : 2, packet.htype, chaddr.length, packet.hops]);
  bytes.writeUInt32BE(packet.xid, 4);
  bytes.writeUInt16BE(packet.secs, 8);
  bytes.writeUInt16BE(packet.broadcast ? broadcastFlag : 0, 10);
  for (const [index, name] of (['ciaddr', 'yiaddr', 'siaddr', 'giaddr'] as const).entries())
    bytes.set(encodeAddress(packet[name]), 12 + 4 * index);
  bytes.set(chaddr, 28);
  putText(bytes, 44, 64, packet.sname);
  putText(bytes, 108, fileFieldLength, packet.file);
  bytes.writeUInt32BE(magicCookie, 236);
  bytes.set(options, fixedLength);
  return bytes;
};
