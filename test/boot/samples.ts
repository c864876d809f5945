import type { z } from 'zod';
import { advise, type Dialect } from '../../src/boot/advice/advise.ts';
import { bootFacts } from '../../src/boot/advice/boot-facts.ts';
import { LeaseBook } from '../../src/boot/dhcp/lease-book.ts';
import { LeaseWriter } from '../../src/boot/dhcp/lease-writer.ts';
import { type DhcpRequest, readRequest } from '../../src/boot/dhcp/request.ts';
import { type Scope, scopeOf } from '../../src/boot/dhcp/scope.ts';
import { type ScopeConfig, scopeSchema } from '../../src/boot/dhcp/scope-schema.ts';
import type { Lease, LeaseStore } from '../../src/boot/ports.ts';
import type { BootSite } from '../../src/boot/site.ts';
import type { MessageType } from '../../src/wire/dhcp/message-type.ts';
import { options, writeOption } from '../../src/wire/dhcp/options.ts';
import { type DhcpPacket, encodePacket } from '../../src/wire/dhcp/packet.ts';

export const site: BootSite = { serverAddress: '10.0.0.1', httpPort: 8080, loaderOf: () => 'shim' };

/** Settings of a scope as they stand in a file. */
export const scopeConfig = (config: z.input<typeof scopeSchema>): ScopeConfig => scopeSchema.parse(config);

export const common = { leaseSeconds: 3600, options: new Map<number, Buffer>(), classes: [] };

export const scopeWith = (more: Partial<z.input<typeof scopeSchema>> = {}): Scope =>
  scopeOf(
    scopeConfig({
      subnet: '10.0.0.0/24',
      pools: [{ first: '10.0.0.100', last: '10.0.0.103' }],
      router: '10.0.0.254',
      nameServers: ['10.0.0.53'],
      ...more,
    }),
    common,
    [site.serverAddress],
  );

export const scope: Scope = scopeWith();

/** Leases that last as long as the test. */
export const memoryLeases = (): LeaseStore & { leases: Map<string, Lease> } => {
  const leases = new Map<string, Lease>();
  return {
    leases,
    all: async () => [...leases.values()],
    save: async (list) => {
      for (const lease of list) leases.set(lease.address, lease);
    },
    remove: async (addresses) => {
      for (const address of addresses) leases.delete(address);
    },
  };
};

export const emptyBook = (of = scope): LeaseBook => new LeaseBook(of, [], new LeaseWriter(memoryLeases()));

type Fields = Partial<Pick<DhcpPacket, 'ciaddr' | 'giaddr' | 'broadcast'>>;
export interface Sent extends Fields {
  mac?: string;
  requested?: string;
  server?: string;
  more?: [number, Buffer][];
}

/** A request as it goes over the wire. */
export const requestBytes = (type: MessageType, sent: Sent = {}): Buffer => {
  const { mac = '52:54:00:00:00:01', requested, server, more = [], ...fields } = sent;
  return encodePacket({
    op: 'BOOTREQUEST',
    htype: 1,
    hops: 0,
    xid: 0x12345678,
    secs: 4,
    broadcast: false,
    ciaddr: '0.0.0.0',
    yiaddr: '0.0.0.0',
    siaddr: '0.0.0.0',
    giaddr: '0.0.0.0',
    chaddr: Buffer.from(mac.replaceAll(':', ''), 'hex'),
    sname: '',
    file: '',
    ...fields,
    options: new Map([
      writeOption(options.messageType, type),
      ...(requested ? [writeOption(options.requestedAddress, requested)] : []),
      ...(server ? [writeOption(options.serverIdentifier, server)] : []),
      ...more,
    ]),
  });
};

/** A request as it comes off the wire: encoded and read again. */
export const requestOf = (type: MessageType, sent: Sent = {}): DhcpRequest =>
  readRequest(requestBytes(type, sent));

/** The options by which firmware says that it boots by PXE. */
export const pxe = (arch: number): [number, Buffer][] => [
  writeOption(options.vendorClass, `PXEClient:Arch:${String(arch).padStart(5, '0')}:UNDI:003016`),
  writeOption(options.clientArch, [arch]),
  writeOption(options.clientUuid, '4c4c4544-0042-3510-8052-b4c04f4d4831'),
];

/** The same from iPXE. */
export const ipxe = (arch: number): [number, Buffer][] => [
  ...pxe(arch),
  [options.userClass.code, Buffer.from('iPXE')],
];

/** The options of UEFI HTTP boot. */
export const httpBoot = (arch: number): [number, Buffer][] => [
  writeOption(options.vendorClass, `HTTPClient:Arch:${String(arch).padStart(5, '0')}:UNDI:003001`),
  writeOption(options.clientArch, [arch]),
];

/** What we tell the administrator of another DHCP server, for the network of `10.77.0.1`. */
export const advised = (dialect: Dialect): string => {
  const subnet = { address: '10.77.0.1', netmask: '255.255.255.0' };
  return advise(dialect, bootFacts(subnet, { ...site, serverAddress: subnet.address }));
};

/** The options by which firmware says that it boots by HTTP. */
export const httpClient = (arch: number): [number, Buffer][] => [
  writeOption(options.vendorClass, `HTTPClient:Arch:${String(arch).padStart(5, '0')}:UNDI:003016`),
  writeOption(options.clientArch, [arch]),
];
