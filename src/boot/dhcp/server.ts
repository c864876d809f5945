import type { Log } from '../../core/log.ts';
import { maximumLengthFor } from '../../wire/dhcp/maximum-length.ts';
import { encodePacket } from '../../wire/dhcp/packet.ts';
import type { BootSite } from '../site.ts';
import type { DhcpDesk } from './dhcp-desk.ts';
import { type Listener, listen } from './listen.ts';

export interface DhcpServerOptions {
  interfaceName: string;
  port: number;
  desk: DhcpDesk;
  site: BootSite;
  log: Log;
}

/** Gives addresses and boot files on one interface. Throws PORT_UNAVAILABLE. */
export const startDhcpServer = ({
  interfaceName,
  port,
  desk,
  site,
  log,
}: DhcpServerOptions): Promise<Listener> =>
  listen(interfaceName, port, log, async (request, _source, send) => {
    const { plan, reply } = await desk.answer(request, site);
    const { kind, ...what } = plan;
    log[kind === 'ack' || kind === 'decline' ? 'info' : 'debug'](`${request.type}: ${kind}`, {
      mac: request.mac,
      ...what,
    });
    if (reply) send(encodePacket(reply.packet, maximumLengthFor(request.packet)), reply.to);
  });
