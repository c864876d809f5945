import { address, addresses } from './kinds/addresses.ts';
import { archList } from './kinds/arch-list.ts';
import { clientUuid } from './kinds/client-uuid.ts';
import { interfaceVersion } from './kinds/interface-version.ts';
import type { Kind } from './kinds/kind.ts';
import { u32 } from './kinds/numbers.ts';
import { opaque, text } from './kinds/text.ts';
import { userClass } from './kinds/user-class.ts';
import { vendor } from './kinds/vendor.ts';
import { messageTypeKind } from './message-type.ts';
import type { OptionMap } from './option-map.ts';

/** An option's number and how its value is written. */
export interface Option<Value> {
  code: number;
  kind: Kind<Value>;
}

const option = <Value>(code: number, kind: Kind<Value>): Option<Value> => ({ code, kind });

/** Every option that Greif reads or writes; the only place with their numbers. */
export const options = {
  subnetMask: option(1, address),
  routers: option(3, addresses),
  nameServers: option(6, addresses),
  hostName: option(12, text),
  broadcastAddress: option(28, address),
  vendorInformation: option(43, vendor),
  requestedAddress: option(50, address),
  leaseSeconds: option(51, u32),
  messageType: option(53, messageTypeKind),
  serverIdentifier: option(54, address),
  message: option(56, text),
  vendorClass: option(60, text),
  clientIdentifier: option(61, opaque),
  tftpServerName: option(66, text),
  bootfileName: option(67, text),
  /** RFC 3004. */
  userClass: option(77, userClass),
  /** RFC 3046: a server echoes it unchanged. */
  relayAgentInformation: option(82, opaque),
  /** RFC 4578. */
  clientArch: option(93, archList),
  clientInterface: option(94, interfaceVersion),
  clientUuid: option(97, clientUuid),
  /** iPXE's own; no RFC. Only its presence counts. */
  ipxeEncapsulated: option(175, opaque),
} as const;

/** `undefined` when the option is not there; throws MalformedPacket when its bytes are not what the option promises. */
export const readOption = <Value>(
  packet: { options: OptionMap },
  { code, kind }: Option<Value>,
): Value | undefined => {
  const bytes = packet.options.get(code);
  return bytes && kind.decode(bytes);
};

/** An entry of an option map. */
export const writeOption = <Value>({ code, kind }: Option<Value>, value: Value): [number, Buffer] => [
  code,
  kind.encode(value),
];
