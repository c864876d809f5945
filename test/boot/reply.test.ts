import test from 'ava';
import { destinationOf, everyone } from '../../src/boot/dhcp/destination.ts';
import { renderProxyReply, renderReply } from '../../src/boot/dhcp/reply.ts';
import type { Loader } from '../../src/fleet/room.ts';
import { options, readOption, writeOption } from '../../src/wire/dhcp/options.ts';
import { type DhcpPacket, decodePacket, encodePacket } from '../../src/wire/dhcp/packet.ts';
import { httpBoot, ipxe, pxe, requestOf, scope, site } from './samples.ts';

const throughTheWire = (packet: DhcpPacket | undefined): DhcpPacket => {
  if (!packet) throw new Error('no reply');
  return decodePacket(encodePacket(packet));
};

const readable = (packet: DhcpPacket) =>
  Object.fromEntries(
    Object.entries(options).flatMap(([name, option]) => {
      const value: unknown = readOption<unknown>(packet, option);
      return value === undefined ? [] : [[name, value]];
    }),
  );

test('an offer to UEFI firmware, whole', (t) => {
  const relay = writeOption(options.relayAgentInformation, new Map([[1, Buffer.from('abcd', 'hex')]]));
  const request = requestOf('DHCPDISCOVER', { more: [...pxe(7), relay], broadcast: true });
  const reply = throughTheWire(renderReply(request, { kind: 'offer', address: '10.0.0.100' }, scope, site));
  const { options: _, ...fields } = reply;
  t.deepEqual(fields, {
    op: 'BOOTREPLY',
    htype: 1,
    hops: 0,
    xid: 0x12345678,
    secs: 0,
    broadcast: true,
    ciaddr: '0.0.0.0',
    yiaddr: '10.0.0.100',
    siaddr: '10.0.0.1',
    giaddr: '0.0.0.0',
    chaddr: Buffer.from('525400000001', 'hex'),
    sname: '',
    file: 'loaders/shimx64.efi',
  });
  t.deepEqual(readable(reply), {
    messageType: 'DHCPOFFER',
    serverIdentifier: '10.0.0.1',
    leaseSeconds: 3600,
    subnetMask: '255.255.255.0',
    broadcastAddress: '10.0.0.255',
    routers: ['10.0.0.254'],
    nameServers: ['10.0.0.53'],
    vendorClass: 'PXEClient',
    vendorInformation: new Map([[6, Buffer.from([8])]]),
    tftpServerName: '10.0.0.1',
    bootfileName: 'loaders/shimx64.efi',
    clientUuid: '4c4c4544-0042-3510-8052-b4c04f4d4831',
    relayAgentInformation: new Map([[1, Buffer.from('abcd', 'hex')]]),
  });
});

test('a client that does not boot by PXE gets no boot file', (t) => {
  const reply = throughTheWire(
    renderReply(requestOf('DHCPREQUEST'), { kind: 'ack', address: '10.0.0.100' }, scope, site),
  );
  t.is(reply.file, '');
  t.is(reply.siaddr, '0.0.0.0');
  t.deepEqual(Object.keys(readable(reply)), [
    'subnetMask',
    'routers',
    'nameServers',
    'broadcastAddress',
    'leaseSeconds',
    'messageType',
    'serverIdentifier',
  ]);
});

test('iPXE gets its script in both places', (t) => {
  const request = requestOf('DHCPREQUEST', { more: ipxe(0) });
  const reply = throughTheWire(renderReply(request, { kind: 'ack', address: '10.0.0.100' }, scope, site));
  const url =
    'http://10.0.0.1:8080/boot/ipxe?mac=52:54:00:00:00:01&uuid=4c4c4544-0042-3510-8052-b4c04f4d4831&arch=bios';
  t.is(reply.file, url);
  t.is(readOption(reply, options.bootfileName), url);
});

test('an odd client UUID is echoed as it came and otherwise ignored', (t) => {
  const odd: [number, Buffer] = [options.clientUuid.code, Buffer.from('ff01', 'hex')];
  const request = requestOf('DHCPDISCOVER', { more: [...ipxe(7).filter(([code]) => code !== 97), odd] });
  const reply = throughTheWire(renderReply(request, { kind: 'offer', address: '10.0.0.100' }, scope, site));
  t.is(reply.options.get(97)?.toString('hex'), 'ff01');
  t.is(reply.file, 'http://10.0.0.1:8080/boot/ipxe?mac=52:54:00:00:00:01&arch=uefi-x64');
});

test('an answer to INFORM has no address and no lease', (t) => {
  const request = requestOf('DHCPINFORM', { ciaddr: '10.0.0.9' });
  const reply = throughTheWire(renderReply(request, { kind: 'inform' }, scope, site));
  t.is(reply.yiaddr, '0.0.0.0');
  t.is(reply.ciaddr, '10.0.0.9');
  t.false(reply.options.has(options.leaseSeconds.code));
});

test('plans without a reply render none', (t) => {
  for (const plan of [
    { kind: 'ignore', reason: '' },
    { kind: 'exhausted' },
    { kind: 'free', address: '10.0.0.100' },
    { kind: 'decline', address: '10.0.0.100' },
  ] as const)
    t.is(renderReply(requestOf('DHCPDISCOVER'), plan, scope, site), undefined);
});

test('a ProxyDHCP offer has no address, and a boot file', (t) => {
  const request = requestOf('DHCPDISCOVER', { more: pxe(0) });
  const reply = throughTheWire(renderProxyReply(request, site, 'dhcp'));
  t.is(reply.yiaddr, '0.0.0.0');
  t.is(reply.siaddr, '10.0.0.1');
  t.is(reply.file, 'loaders/undionly.kpxe');
  t.deepEqual(readable(reply), {
    messageType: 'DHCPOFFER',
    serverIdentifier: '10.0.0.1',
    vendorClass: 'PXEClient',
    vendorInformation: new Map([[6, Buffer.from([8])]]),
    tftpServerName: '10.0.0.1',
    bootfileName: 'loaders/undionly.kpxe',
    clientUuid: '4c4c4544-0042-3510-8052-b4c04f4d4831',
  });
});

test('ProxyDHCP answers DISCOVER on its one port, REQUEST and INFORM on the other, and PXE clients only', (t) => {
  const answers = (type: Parameters<typeof requestOf>[0], port: 'dhcp' | 'proxy', more = pxe(7)) => {
    const reply = renderProxyReply(requestOf(type, { more }), site, port);
    return reply && readOption(reply, options.messageType);
  };
  t.is(answers('DHCPDISCOVER', 'dhcp'), 'DHCPOFFER');
  t.is(answers('DHCPREQUEST', 'dhcp'), undefined);
  t.is(answers('DHCPREQUEST', 'proxy'), 'DHCPACK');
  t.is(answers('DHCPINFORM', 'proxy'), 'DHCPACK');
  t.is(answers('DHCPDISCOVER', 'proxy'), undefined);
  t.is(answers('DHCPDISCOVER', 'dhcp', []), undefined);
  t.is(answers('DHCPDISCOVER', 'dhcp', pxe(10)), undefined);
});

test('an HTTP boot client gets its own option 60, an absolute address, and nothing of PXE', (t) => {
  for (const [arch, file] of [
    [16, 'shimx64.efi'],
    [19, 'shimaa64.efi'],
  ] as const) {
    const request = requestOf('DHCPDISCOVER', { more: httpBoot(arch) });
    const plan = { kind: 'offer', address: '10.0.0.100' } as const;
    for (const reply of [renderReply(request, plan, scope, site), renderProxyReply(request, site, 'dhcp')]) {
      const received = throughTheWire(reply);
      t.is(readOption(received, options.vendorClass), 'HTTPClient');
      t.is(readOption(received, options.bootfileName), `http://10.0.0.1:8080/boot/files/loaders/${file}`);
      t.is(readOption(received, options.vendorInformation), undefined);
    }
  }
});

test('what is set for a PC decides its loader', (t) => {
  const mixed = { ...site, loaderOf: (mac: string) => (mac.endsWith(':02') ? 'ipxe' : 'shim') as Loader };
  const fileFor = (mac: string) =>
    throughTheWire(renderProxyReply(requestOf('DHCPDISCOVER', { mac, more: pxe(7) }), mixed, 'dhcp')).file;
  t.is(fileFor('52:54:00:00:00:01'), 'loaders/shimx64.efi');
  t.is(fileFor('52:54:00:00:00:02'), 'loaders/snponly.efi');
});

test('where a reply goes (RFC 2131 section 4.1)', (t) => {
  const to = (kind: 'ack' | 'nak', sent: Parameters<typeof requestOf>[1]) => {
    const request = requestOf('DHCPREQUEST', sent);
    const plan =
      kind === 'ack' ? ({ kind, address: '10.0.0.100' } as const) : ({ kind, reason: 'no' } as const);
    return destinationOf(request.packet, throughTheWire(renderReply(request, plan, scope, site)));
  };
  t.deepEqual(to('ack', { giaddr: '10.0.0.7', ciaddr: '10.0.0.9' }), { address: '10.0.0.7', port: 67 });
  t.deepEqual(to('ack', { ciaddr: '10.0.0.9' }), { address: '10.0.0.9', port: 68 });
  t.deepEqual(to('ack', { broadcast: true }), everyone);
  t.deepEqual(to('ack', {}), everyone);
  t.deepEqual(to('nak', { ciaddr: '10.0.0.9' }), everyone);
  t.deepEqual(to('nak', { giaddr: '10.0.0.7' }), { address: '10.0.0.7', port: 67 });
});

test('a boot file that is set wins and fills the fields; option 43 of a PXE client stays ours', (t) => {
  const set = new Map([
    writeOption(options.bootfileName, 'own.efi'),
    writeOption(options.tftpServerName, '10.0.0.9'),
    writeOption(options.ntpServers, ['10.0.0.123']),
    [options.vendorInformation.code, Buffer.from('0101', 'hex')] as [number, Buffer],
  ]);
  const settings = { leaseSeconds: 60, options: set };
  const plan = { kind: 'offer', address: '10.0.0.100' } as const;
  const offer = (more: [number, Buffer][]) =>
    throughTheWire(renderReply(requestOf('DHCPDISCOVER', { more }), plan, settings, site));
  const pxeOffer = offer(pxe(7));
  t.like(pxeOffer, { file: 'own.efi', siaddr: '10.0.0.9' });
  t.deepEqual(readOption(pxeOffer, options.bootfileName), 'own.efi');
  t.deepEqual(readOption(pxeOffer, options.ntpServers), ['10.0.0.123']);
  t.is(pxeOffer.options.get(43)?.toString('hex'), '060108ff');
  t.is(offer([]).options.get(43)?.toString('hex'), '0101');
});

test('a relay that wants to hear renewals is named as the server (RFC 5107)', (t) => {
  const settings = { ...scope, serverIdentifier: '10.20.0.1' };
  const reply = renderReply(requestOf('DHCPREQUEST'), { kind: 'ack', address: '10.0.0.100' }, settings, site);
  t.is(readOption(throughTheWire(reply), options.serverIdentifier), '10.20.0.1');
});
