import { type Mac, parseMac } from '../../core/mac.ts';
import type { MessageType } from '../../wire/dhcp/message-type.ts';
import { type Option, options, readOption } from '../../wire/dhcp/options.ts';
import { type DhcpPacket, decodePacket } from '../../wire/dhcp/packet.ts';
import { MalformedPacket } from '../../wire/reader.ts';
import { archOf, type NetworkBootClient, ownUuid } from '../loader.ts';
import { isRaspberryPi } from '../raspberry-pi.ts';

/** A client's message with all that the rules look at. */
export interface DhcpRequest {
  packet: DhcpPacket;
  type: MessageType;
  mac: Mac;
  /** Whom a lease belongs to: the client identifier in hex, or `mac:` and the MAC (RFC 2131 section 4.2). */
  clientKey: string;
  requestedAddress: string | undefined;
  serverIdentifier: string | undefined;
  hostName: string | undefined;
  /** Set when the client wants to boot from the network. */
  boot: NetworkBootClient | undefined;
}

/** What firmware gets wrong without harm counts as missing. */
export const tolerant = <Value>(
  packet: Pick<DhcpPacket, 'options'>,
  option: Option<Value>,
): Value | undefined => {
  try {
    return readOption(packet, option);
  } catch (fault) {
    if (fault instanceof MalformedPacket) return undefined;
    throw fault;
  }
};

const isIpxe = (packet: DhcpPacket): boolean =>
  packet.options.has(options.ipxeEncapsulated.code) ||
  (readOption(packet, options.userClass) ?? []).includes('iPXE');

const bootClient = (packet: DhcpPacket, mac: Mac): NetworkBootClient | undefined => {
  const stage = isIpxe(packet) ? 'ipxe' : 'firmware';
  const vendorClass = readOption(packet, options.vendorClass) ?? '';
  const transport = vendorClass.startsWith('HTTPClient') ? 'http' : 'tftp';
  if (transport === 'tftp' && !vendorClass.startsWith('PXEClient') && stage === 'firmware') return undefined;
  const said = archOf(readOption(packet, options.clientArch) ?? [0]);
  const isPi = stage === 'firmware' && said === 'bios' && isRaspberryPi(mac);
  return {
    mac,
    arch: isPi ? undefined : said,
    uuid: ownUuid(tolerant(packet, options.clientUuid)),
    stage,
    transport,
    isRaspberryPi: isPi,
  };
};

/**
 * What one part of an option can hold, in bytes. In several parts (RFC 3396) a datagram could bring 64 KB, which every lease would keep: no client
 * needs that, and a pool of them fills memory and database.
 */
const longestKept = 255;

/** An identifier that is only the MAC again counts as none, so that firmware, iPXE and agent are one client with one address. */
const clientKeyOf = (packet: DhcpPacket, mac: Mac): string => {
  const bytes = readOption(packet, options.clientIdentifier);
  if (bytes && bytes.length > longestKept)
    throw new MalformedPacket(`a client identifier of ${bytes.length} bytes`);
  const identifier = bytes?.toString('hex') ?? '';
  return identifier === '' || identifier === `01${packet.chaddr.toString('hex')}` ? `mac:${mac}` : identifier;
};

/** A name that is too long, or with control characters, is none: databases and terminals stumble over them. */
const plainText = (text: string | undefined): string | undefined =>
  text !== undefined && text.length <= longestKept && /^[ -~\u00a0-\u00ff]+$/.test(text) ? text : undefined;

/** Throws MalformedPacket for what is no DHCP request of an Ethernet client. */
export const requestFrom = (packet: DhcpPacket): DhcpRequest => {
  if (packet.op !== 'BOOTREQUEST') throw new MalformedPacket('a reply came to a server');
  if (packet.chaddr.length !== 6) throw new MalformedPacket('the hardware address is not an Ethernet one');
  const type = readOption(packet, options.messageType);
  if (!type) throw new MalformedPacket('BOOTP without a DHCP message type');
  const mac = parseMac(packet.chaddr.toString('hex'));
  return {
    packet,
    type,
    mac,
    clientKey: clientKeyOf(packet, mac),
    requestedAddress: readOption(packet, options.requestedAddress),
    serverIdentifier: readOption(packet, options.serverIdentifier),
    hostName: plainText(tolerant(packet, options.hostName)),
    boot: bootClient(packet, mac),
  };
};

/** Reads a datagram. Throws MalformedPacket for what is no whole DHCP request of an Ethernet client. */
export const readRequest = (bytes: Buffer): DhcpRequest => requestFrom(decodePacket(bytes));
