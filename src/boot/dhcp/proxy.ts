import type { Log } from '../../core/log.ts';
import type { StepSink } from '../journal/ports.ts';
import type { BootSite } from '../site.ts';
import { type Destination, destinationOf } from './destination.ts';
import { bootServerSteps, proxySteps } from './journal-steps.ts';
import type { Answer, Arrival } from './listen.ts';
import { withPxeMenu } from './pxe-menu.ts';
import { renderProxyReply } from './reply.ts';
import type { DhcpRequest } from './request.ts';

export interface ProxyDhcpOptions {
  interfaceName: string;
  /** What PCs are told when they come in at this address of ours; without one, by broadcast. */
  siteAt(address: string | undefined): BootSite;
  /** The port of the boot server (4011); the other one is DHCP's own. */
  bootServerPort: number;
  journal: StepSink;
  log: Log;
}

/** A client that asks the boot server's port has an address and waits at the port that it asked from (PXE 2.1 section 2.2.3). */
const bootServerDestination = ({ packet }: DhcpRequest, { source }: Arrival): Destination => {
  const { giaddr, ciaddr } = packet;
  if (source.address !== '0.0.0.0') return { address: source.address, port: source.port };
  return ciaddr !== '0.0.0.0' && giaddr === '0.0.0.0'
    ? { address: ciaddr, port: source.port }
    : { address: '255.255.255.255', port: source.port };
};

/**
 * Tells PXE clients what to boot, beside the DHCP server that gives them addresses. It has no leases at hand and so cannot
 * give one; an ordinary REQUEST to the other server is none of its business.
 */
export const createProxyDhcp =
  ({ interfaceName, siteAt, bootServerPort, journal, log }: ProxyDhcpOptions): Answer =>
  async (request, arrival) => {
    const site = siteAt(arrival.address);
    const isBootServer = arrival.port === bootServerPort;
    const reply = renderProxyReply(request, site, isBootServer ? 'proxy' : 'dhcp');
    const packet = reply && withPxeMenu(reply, request);
    const steps = isBootServer
      ? bootServerSteps(request, packet, arrival.source.address)
      : proxySteps(request, packet, interfaceName);
    for (const step of steps) journal.note(step);
    if (!packet) return undefined;
    log.debug(`${request.type} on port ${arrival.port}: boot file offered`, {
      mac: request.mac,
      file: packet.file,
    });
    const to = isBootServer ? bootServerDestination(request, arrival) : destinationOf(request.packet, packet);
    return { packet, to, from: site.serverAddress };
  };
