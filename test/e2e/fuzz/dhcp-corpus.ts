import type { MessageType } from '../../../src/wire/dhcp/message-type.ts';
import { options, relayOptions, writeOption } from '../../../src/wire/dhcp/options.ts';
import { type DhcpPacket, decodePacket, encodePacket } from '../../../src/wire/dhcp/packet.ts';
import { edk2Discover, ipxeDiscover } from '../../wire/dhcp/captured.ts';
import { goldenPackets } from './golden.ts';

export interface Network {
  /** The server's own address. */
  server: string;
  /** One of the pool, and one outside of it. */
  inPool: string;
  outside: string;
}

type OptionList = [number, Buffer][];

/** Every option that a client could send, with a value that makes sense. */
const everyOption = ({ server, inPool }: Network): OptionList => [
  writeOption(options.hostName, 'pc-1'),
  writeOption(options.bootfileBlocks, 7),
  writeOption(options.domainName, 'lab.example.edu'),
  writeOption(options.vendorInformation, new Map([[6, Buffer.from([8])]])),
  writeOption(options.requestedAddress, inPool),
  writeOption(options.leaseSeconds, 60),
  writeOption(options.parameterRequestList, [1, 3, 6, 15, 43, 60, 66, 67, 119, 121, 150, 175, 209]),
  writeOption(options.maximumMessageSize, 576),
  writeOption(options.vendorClass, 'PXEClient:Arch:00007:UNDI:003016'),
  writeOption(options.clientIdentifier, Buffer.from('01525400000001', 'hex')),
  writeOption(options.userClass, ['iPXE', 'lab']),
  writeOption(options.clientArch, [7, 9]),
  writeOption(options.clientInterface, { type: 1, major: 3, minor: 16 }),
  writeOption(options.clientUuid, '4c4c4544-0042-3510-8052-b4c04f4d4831'),
  writeOption(options.domainSearch, ['example.edu', 'lab.example.edu']),
  writeOption(options.classlessRoutes, [{ destination: '10.0.0.0', prefixLength: 8, router: server }]),
  writeOption(options.ipxeEncapsulated, new Map([[235, Buffer.from([1, 21, 1])]])),
];

const relay = ({ inPool, server }: Network): OptionList => [
  writeOption(
    options.relayAgentInformation,
    new Map([
      writeOption(relayOptions.circuitId, Buffer.from('eth0/7')),
      writeOption(relayOptions.remoteId, Buffer.from('525400000099', 'hex')),
      writeOption(relayOptions.linkSelection, inPool),
      writeOption(relayOptions.serverIdentifierOverride, server),
    ]),
  ),
];

const messageTypes: readonly MessageType[] = [
  'DHCPDISCOVER',
  'DHCPREQUEST',
  'DHCPDECLINE',
  'DHCPRELEASE',
  'DHCPINFORM',
];

/** Packets of every kind that reaches the ports 67 and 4011, whole and sound. */
export const dhcpCorpus = (network: Network): Buffer[] => {
  const firmware = decodePacket(edk2Discover);
  const packet = (type: MessageType, more: OptionList, fields: Partial<DhcpPacket> = {}): Buffer =>
    encodePacket(
      { ...firmware, ...fields, options: new Map([writeOption(options.messageType, type), ...more]) },
      fields.op === 'BOOTREPLY' ? 548 : undefined,
    );
  const { server, inPool, outside } = network;
  const every = everyOption(network);
  const pxe = every.filter(([code]) => code === 60 || code === 93 || code === 97);
  const requested = writeOption(options.requestedAddress, inPool);
  const identified = writeOption(options.serverIdentifier, server);
  return [
    edk2Discover,
    ipxeDiscover,
    ...messageTypes.flatMap((type) => [
      packet(type, every),
      packet(type, [...pxe, requested, identified]),
      packet(type, [requested], { ciaddr: inPool }),
      packet(type, [...every, ...relay(network)], { giaddr: server, hops: 1 }),
    ]),
    packet('DHCPREQUEST', [...pxe, writeOption(options.requestedAddress, outside)]),
    packet('DHCPREQUEST', pxe, { ciaddr: outside, broadcast: false }),
    packet('DHCPDISCOVER', [
      writeOption(options.vendorClass, 'HTTPClient:Arch:00016:UNDI:003001'),
      ...pxe.slice(1),
    ]),
    packet('DHCPOFFER', [...every, identified], { op: 'BOOTREPLY', yiaddr: inPool, siaddr: outside }),
    ...goldenPackets('dhcp'),
  ];
};
