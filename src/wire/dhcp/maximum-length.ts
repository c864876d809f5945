import { options } from './options.ts';
import type { DhcpPacket } from './packet.ts';

/** Every client takes an IP packet of this length (RFC 2131 section 2). */
const leastSize = 576;
/** The headers of IP and UDP. */
const headers = 28;

/**
 * The longest message, in bytes, that the sender of `request` takes: option 57 (RFC 2132 section 9.10), which counts the headers of IP and
 * UDP for some and not for others; so we count them. One that makes no sense is ignored.
 */
export const maximumLengthFor = (request: Pick<DhcpPacket, 'options'>): number => {
  const size = request.options.get(options.maximumMessageSize.code);
  return Math.max(leastSize, size?.length === 2 ? size.readUInt16BE() : 0) - headers;
};
