import { address } from './kinds/address.ts';
import { addressPairs } from './kinds/address-pairs.ts';
import { addresses } from './kinds/addresses.ts';
import { classlessRoutes } from './kinds/classless-routes.ts';
import { clientUuid } from './kinds/client-uuid.ts';
import { domainSearch } from './kinds/domain-search.ts';
import { encapsulated } from './kinds/encapsulated.ts';
import { flag } from './kinds/flag.ts';
import { interfaceVersion } from './kinds/interface-version.ts';
import type { Kind } from './kinds/kind.ts';
import { i32, u8, u8List, u16, u16List, u32 } from './kinds/numbers.ts';
import { opaque } from './kinds/opaque.ts';
import { pxeBootMenu, pxeBootServers, pxeMenuPrompt } from './kinds/pxe-menu.ts';
import { pxelinuxMagic } from './kinds/pxelinux-magic.ts';
import { relayAgent } from './kinds/relay-agent.ts';
import { text } from './kinds/text.ts';
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

/**
 * Every option that Greif can read or write; the only place with their numbers. RFC 2132 where nothing else is said. Not here: 0, 255 and 52
 * (overload), which belong to the encoding.
 */
export const options = {
  subnetMask: option(1, address),
  timeOffsetSeconds: option(2, i32),
  routers: option(3, addresses),
  timeServers: option(4, addresses),
  /** Of IEN 116; EDK2 still asks for them. */
  ien116NameServers: option(5, addresses),
  nameServers: option(6, addresses),
  logServers: option(7, addresses),
  cookieServers: option(8, addresses),
  printServers: option(9, addresses),
  resourceLocationServers: option(11, addresses),
  hostName: option(12, text),
  /** In blocks of 512 bytes. */
  bootfileBlocks: option(13, u16),
  meritDumpFile: option(14, text),
  domainName: option(15, text),
  swapServer: option(16, address),
  rootPath: option(17, text),
  extensionsPath: option(18, text),
  ipForwarding: option(19, flag),
  policyFilter: option(21, addressPairs),
  maximumReassemblySize: option(22, u16),
  defaultTimeToLive: option(23, u8),
  interfaceMtu: option(26, u16),
  broadcastAddress: option(28, address),
  staticRoutes: option(33, addressPairs),
  nisDomain: option(40, text),
  nisServers: option(41, addresses),
  ntpServers: option(42, addresses),
  vendorInformation: option(43, vendor),
  netbiosNameServers: option(44, addresses),
  netbiosNodeType: option(46, u8),
  requestedAddress: option(50, address),
  leaseSeconds: option(51, u32),
  messageType: option(53, messageTypeKind),
  serverIdentifier: option(54, address),
  /** The numbers of the options that a client wants. */
  parameterRequestList: option(55, u8List),
  message: option(56, text),
  /** See `maximumLengthFor`. */
  maximumMessageSize: option(57, u16),
  /** T1. */
  renewalSeconds: option(58, u32),
  /** T2. */
  rebindingSeconds: option(59, u32),
  vendorClass: option(60, text),
  clientIdentifier: option(61, opaque),
  tftpServerName: option(66, text),
  bootfileName: option(67, text),
  /** RFC 3004. */
  userClass: option(77, userClass),
  /** RFC 3046: a server echoes its bytes unchanged; for its parts see `relayOptions`. */
  relayAgentInformation: option(82, relayAgent),
  /** RFC 4578. */
  clientArch: option(93, u16List),
  clientInterface: option(94, interfaceVersion),
  clientUuid: option(97, clientUuid),
  /** RFC 4833, as in `CET-1CEST,M3.5.0,M10.5.0/3` and `Europe/Berlin`. */
  posixTimeZone: option(100, text),
  timeZone: option(101, text),
  /** RFC 8910: the URI of a captive portal's API. */
  captivePortal: option(114, text),
  /** RFC 3397. */
  domainSearch: option(119, domainSearch),
  /** RFC 3442. */
  classlessRoutes: option(121, classlessRoutes),
  /** RFC 5417: wireless controllers. */
  capwapControllers: option(138, addresses),
  /** RFC 5859. */
  tftpServers: option(150, addresses),
  /** iPXE's own; no RFC. Its presence tells iPXE from firmware. */
  ipxeEncapsulated: option(175, encapsulated),
  /** iPXE's own. */
  iscsiInitiator: option(203, text),
  /** RFC 5071. */
  pxelinuxMagic: option(208, pxelinuxMagic),
  pxelinuxConfigFile: option(209, text),
  pxelinuxPathPrefix: option(210, text),
  pxelinuxRebootSeconds: option(211, u32),
  /** Microsoft's number for 121. */
  microsoftClasslessRoutes: option(249, classlessRoutes),
  /** Where a browser finds its proxy settings; no RFC. */
  wpad: option(252, text),
} as const;

/** What relays say in option 82. */
export const relayOptions = {
  circuitId: option(1, opaque),
  remoteId: option(2, opaque),
  /** RFC 3527: the subnet that the client is in, where it is not `giaddr`'s. */
  linkSelection: option(5, address),
  /** RFC 5107: what goes out as server identifier, so that renewals come by the relay too. */
  serverIdentifierOverride: option(11, address),
} as const;

/** What PXE says in option 43 (PXE 2.1 section 2.2.1). */
export const pxeOptions = {
  discoveryControl: option(6, u8),
  discoveryMulticastAddress: option(7, address),
  bootServers: option(8, pxeBootServers),
  bootMenu: option(9, pxeBootMenu),
  menuPrompt: option(10, pxeMenuPrompt),
  /** What a client chose of the menu: type and layer, two bytes each. */
  bootItem: option(71, opaque),
} as const;

/** `undefined` when the option is not there; throws MalformedPacket when its bytes are not what the option promises. */
export const readOption = <Value>(
  packet: { options: OptionMap },
  { code, kind }: Option<Value>,
): Value | undefined => {
  const bytes = packet.options.get(code);
  return bytes && kind.decode(bytes);
};

/** An entry of an option map. Throws MalformedPacket for a value that cannot be written. */
export const writeOption = <Value>({ code, kind }: Option<Value>, value: Value): [number, Buffer] => [
  code,
  kind.encode(value),
];
