import { isIPv4 } from 'node:net';
import { pxeDiscoveryControl, skipDiscovery } from '../../wire/dhcp/kinds/vendor.ts';
import type { MessageType } from '../../wire/dhcp/message-type.ts';
import type { OptionMap } from '../../wire/dhcp/option-map.ts';
import { options, readOption, writeOption } from '../../wire/dhcp/options.ts';
import { type DhcpPacket, fileFieldLength } from '../../wire/dhcp/packet.ts';
import { chooseBootfile, type NetworkBootClient } from '../loader.ts';
import { piVendorInformation } from '../raspberry-pi.ts';
import type { BootSite } from '../site.ts';
import type { ReplyPlan } from './decide-reply.ts';
import type { DhcpRequest } from './request.ts';

const none = '0.0.0.0';
type OptionList = [number, Buffer][];

/** Echoed as they came: a relay and some firmware insist (RFC 3046 section 2.2, RFC 4578 section 2.3). */
const echoed = ({ packet }: DhcpRequest): OptionList =>
  [options.clientIdentifier, options.clientUuid, options.relayAgentInformation].flatMap(({ code }) => {
    const value = packet.options.get(code);
    return value ? [[code, value] as [number, Buffer]] : [];
  });

/** A reply built from its request (RFC 2131 table 3), with no address and no boot file yet. */
const skeleton = (request: DhcpRequest, type: MessageType, serverAddress: string): DhcpPacket => ({
  ...request.packet,
  op: 'BOOTREPLY',
  hops: 0,
  secs: 0,
  ciaddr: none,
  yiaddr: none,
  siaddr: none,
  sname: '',
  file: '',
  options: new Map([
    writeOption(options.messageType, type),
    writeOption(options.serverIdentifier, serverAddress),
  ]),
});

const withOptions = (packet: DhcpPacket, more: OptionList): DhcpPacket => ({
  ...packet,
  options: new Map([...packet.options, ...more]),
});

/** RFC 4578 and PXE 2.1 section 2.2: option 60 makes it a PXE offer, 43.6 = 8 sends it straight to the file. */
const pxeOptions: OptionList = [
  writeOption(options.vendorClass, 'PXEClient'),
  writeOption(options.vendorInformation, new Map([[pxeDiscoveryControl, skipDiscovery]])),
];

const piOptions: OptionList = [
  writeOption(options.vendorClass, 'PXEClient'),
  writeOption(options.vendorInformation, piVendorInformation),
];

/** UEFI 2.10 section 24.7.3.1: only an offer that bears it is one for HTTP boot. */
const httpOptions: OptionList = [writeOption(options.vendorClass, 'HTTPClient')];

const kindOptions = ({ transport, isRaspberryPi }: NetworkBootClient): OptionList => {
  if (isRaspberryPi) return piOptions;
  return transport === 'http' ? httpOptions : pxeOptions;
};

/** Tells a client what to load: `siaddr`, `file`, 66 and 67 alike, since ROMs differ in which they read. */
const withBoot = (reply: DhcpPacket, { boot }: DhcpRequest, site: BootSite): DhcpPacket => {
  const bootfile = boot && chooseBootfile(boot, site);
  if (!boot || bootfile === undefined) return reply;
  return {
    ...withOptions(reply, [
      ...kindOptions(boot),
      writeOption(options.tftpServerName, site.serverAddress),
      writeOption(options.bootfileName, bootfile),
    ]),
    siaddr: site.serverAddress,
    file: bootfile.length < fileFieldLength ? bootfile : '',
  };
};

/**
 * What is set for the client, over what we chose. A boot file or server that is set goes into the fields as well. Option 43 is each vendor's own: a
 * client that boots by PXE gets PXE's.
 */
const withSettings = (reply: DhcpPacket, set: OptionMap): DhcpPacket => {
  const vendorInformation = reply.options.get(options.vendorInformation.code);
  const file = readOption({ options: set }, options.bootfileName);
  const server = readOption({ options: set }, options.tftpServerName);
  return {
    ...withOptions(reply, [
      ...set,
      ...(vendorInformation ? [[options.vendorInformation.code, vendorInformation] as [number, Buffer]] : []),
    ]),
    file: file === undefined ? reply.file : file.length < fileFieldLength ? file : '',
    siaddr: server !== undefined && isIPv4(server) ? server : reply.siaddr,
  };
};

/** What the scope, the class and the host say. */
export interface ClientSettings {
  leaseSeconds: number;
  /** Ready for the wire. */
  options: OptionMap;
  /** The server identifier to give instead of our address (RFC 5107). */
  serverIdentifier?: string | undefined;
}

/** The packet that carries out a plan of `decideReply`; `undefined` when nothing is to be sent. */
export const renderReply = (
  request: DhcpRequest,
  plan: ReplyPlan,
  settings: ClientSettings,
  site: BootSite,
): DhcpPacket | undefined => {
  const start = (type: MessageType) =>
    withOptions(skeleton(request, type, settings.serverIdentifier ?? site.serverAddress), echoed(request));
  const complete = (reply: DhcpPacket) => withSettings(withBoot(reply, request, site), settings.options);
  switch (plan.kind) {
    case 'offer':
    case 'ack': {
      const reply = withOptions(start(plan.kind === 'offer' ? 'DHCPOFFER' : 'DHCPACK'), [
        writeOption(options.leaseSeconds, settings.leaseSeconds),
      ]);
      return complete({ ...reply, yiaddr: plan.address, ciaddr: ackCiaddr(request, plan.kind) });
    }
    case 'inform':
      return complete({ ...start('DHCPACK'), ciaddr: request.packet.ciaddr });
    case 'nak':
      // RFC 2131 section 4.3.2: a relay must broadcast a NAK, which it does when this bit is set.
      return {
        ...withOptions(start('DHCPNAK'), [writeOption(options.message, plan.reason)]),
        broadcast: true,
      };
    default:
      return undefined;
  }
};

/** RFC 2131 table 3: an ACK repeats `ciaddr`, an OFFER has none. */
const ackCiaddr = (request: DhcpRequest, kind: 'offer' | 'ack'): string =>
  kind === 'ack' ? request.packet.ciaddr : none;

/**
 * What a ProxyDHCP server says beside the site's own DHCP server (PXE 2.1 section 2.4): a boot file and never an address. `undefined` for who
 * does not boot from the network, and for firmware that we have no loader for.
 */
export const renderProxyReply = (
  request: DhcpRequest,
  site: BootSite,
  port: 'dhcp' | 'proxy',
): DhcpPacket | undefined => {
  const type = port === 'dhcp' ? 'DHCPOFFER' : 'DHCPACK';
  const asked: readonly MessageType[] = port === 'dhcp' ? ['DHCPDISCOVER'] : ['DHCPREQUEST', 'DHCPINFORM'];
  if (!request.boot || !chooseBootfile(request.boot, site) || !asked.includes(request.type)) return undefined;
  const reply = withOptions(skeleton(request, type, site.serverAddress), echoed(request));
  return withBoot({ ...reply, ciaddr: request.packet.ciaddr }, request, site);
};
