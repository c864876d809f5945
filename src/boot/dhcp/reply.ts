import { pxeDiscoveryControl, skipDiscovery } from '../../wire/dhcp/kinds/vendor.ts';
import type { MessageType } from '../../wire/dhcp/message-type.ts';
import { options, writeOption } from '../../wire/dhcp/options.ts';
import { type DhcpPacket, fileFieldLength } from '../../wire/dhcp/packet.ts';
import { chooseBootfile } from '../loader.ts';
import type { BootSite } from '../site.ts';
import type { ReplyPlan } from './decide-reply.ts';
import type { DhcpRequest } from './request.ts';
import type { Scope } from './scope.ts';
import { broadcastAddress } from './subnet.ts';

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

/** UEFI 2.10 section 24.7.3.1: only an offer that bears it is one for HTTP boot. */
const httpOptions: OptionList = [writeOption(options.vendorClass, 'HTTPClient')];

/** Tells a client what to load: `siaddr`, `file`, 66 and 67 alike, since ROMs differ in which they read. */
const withBoot = (reply: DhcpPacket, { boot }: DhcpRequest, site: BootSite): DhcpPacket => {
  const bootfile = boot && chooseBootfile(boot, site);
  if (bootfile === undefined) return reply;
  return {
    ...withOptions(reply, [
      ...(boot?.transport === 'http' ? httpOptions : pxeOptions),
      writeOption(options.tftpServerName, site.serverAddress),
      writeOption(options.bootfileName, bootfile),
    ]),
    siaddr: site.serverAddress,
    file: bootfile.length < fileFieldLength ? bootfile : '',
  };
};

const network = (scope: Scope): OptionList => [
  writeOption(options.subnetMask, scope.subnet.netmask),
  writeOption(options.broadcastAddress, broadcastAddress(scope.subnet)),
  ...(scope.router ? [writeOption(options.routers, [scope.router])] : []),
  ...(scope.nameServers.length > 0 ? [writeOption(options.nameServers, [...scope.nameServers])] : []),
];

/** The packet that carries out a plan of `decideReply`; `undefined` when nothing is to be sent. */
export const renderReply = (
  request: DhcpRequest,
  plan: ReplyPlan,
  scope: Scope,
  site: BootSite,
): DhcpPacket | undefined => {
  const start = (type: MessageType) =>
    withOptions(skeleton(request, type, site.serverAddress), echoed(request));
  switch (plan.kind) {
    case 'offer':
    case 'ack': {
      const reply = withOptions(start(plan.kind === 'offer' ? 'DHCPOFFER' : 'DHCPACK'), [
        writeOption(options.leaseSeconds, scope.leaseSeconds),
        ...network(scope),
      ]);
      return withBoot(
        { ...reply, yiaddr: plan.address, ciaddr: ackCiaddr(request, plan.kind) },
        request,
        site,
      );
    }
    case 'inform':
      return withBoot(
        { ...withOptions(start('DHCPACK'), network(scope)), ciaddr: request.packet.ciaddr },
        request,
        site,
      );
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
