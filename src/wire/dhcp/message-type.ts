import { MalformedPacket } from '../reader.ts';
import type { Kind } from './kinds/kind.ts';

/** RFC 2132 section 9.6; the first has the number 1. */
const messageTypes = [
  'DHCPDISCOVER',
  'DHCPOFFER',
  'DHCPREQUEST',
  'DHCPDECLINE',
  'DHCPACK',
  'DHCPNAK',
  'DHCPRELEASE',
  'DHCPINFORM',
] as const;

export type MessageType = (typeof messageTypes)[number];

export const messageTypeKind: Kind<MessageType> = {
  decode(bytes) {
    const type = messageTypes[(bytes[0] ?? 0) - 1];
    if (bytes.length !== 1 || !type)
      throw new MalformedPacket(`0x${bytes.toString('hex')} is no message type`);
    return type;
  },
  encode: (type) => Buffer.from([messageTypes.indexOf(type) + 1]),
};
