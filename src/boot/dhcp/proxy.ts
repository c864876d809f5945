import type { Log } from '../../core/log.ts';
import { type Service, startAll } from '../../core/start-all.ts';
import { maximumLengthFor } from '../../wire/dhcp/maximum-length.ts';
import { encodePacket } from '../../wire/dhcp/packet.ts';
import type { BootSite } from '../site.ts';
import { type Destination, destinationOf } from './destination.ts';
import { listen } from './listen.ts';
import { renderProxyReply } from './reply.ts';
import type { DhcpRequest } from './request.ts';

export interface ProxyDhcpOptions {
  interfaceName: string;
  ports: { dhcp: number; proxyDhcp: number };
  site: BootSite;
  log: Log;
}

/** A client that asks the boot server's port has an address and waits at the port that it asked from (PXE 2.1 section 2.2.3). */
const proxyDestination = (request: DhcpRequest, source: Destination): Destination => {
  const { giaddr, ciaddr } = request.packet;
  if (source.address !== '0.0.0.0') return { address: source.address, port: source.port };
  return ciaddr !== '0.0.0.0' && giaddr === '0.0.0.0'
    ? { address: ciaddr, port: source.port }
    : { address: '255.255.255.255', port: source.port };
};

/** Tells PXE clients what to boot, beside the DHCP server that gives them addresses. Throws PORT_UNAVAILABLE. */
export const startProxyDhcp = (options: ProxyDhcpOptions): Promise<Service> => {
  const { interfaceName, ports, site, log } = options;
  const open = (port: 'dhcp' | 'proxy', number: number) =>
    listen(interfaceName, number, log, async (request, source, send) => {
      const reply = renderProxyReply(request, site, port);
      if (!reply) return;
      const to = port === 'dhcp' ? destinationOf(request.packet, reply) : proxyDestination(request, source);
      log.debug(`${request.type} on port ${number}: boot file offered`, {
        mac: request.mac,
        file: reply.file,
      });
      send(encodePacket(reply, maximumLengthFor(request.packet)), to);
    });
  return startAll([() => open('dhcp', ports.dhcp), () => open('proxy', ports.proxyDhcp)]);
};
