import type { Log } from '../../core/log.ts';
import type { StepSink } from '../journal/ports.ts';
import type { BootSite } from '../site.ts';
import type { ReplyPlan } from './decide-reply.ts';
import type { DhcpDesk } from './dhcp-desk.ts';
import { serverSteps } from './journal-steps.ts';
import type { Answer } from './listen.ts';

export interface DhcpServerOptions {
  interfaceName: string;
  /** What PCs are told when they come in at this address of ours; without one, by broadcast. */
  siteAt(address: string | undefined): BootSite;
  desk: DhcpDesk;
  journal: StepSink;
  log: Log;
}

/** What an administrator wants to see; a line for each lease would cost more than the lease. */
const levels: Partial<Record<ReplyPlan['kind'], 'info' | 'warn'>> = { nak: 'info', decline: 'warn' };

/** Gives addresses and boot files on one interface. */
export const createDhcpServer =
  ({ interfaceName, siteAt, desk, journal, log }: DhcpServerOptions): Answer =>
  async (request, arrival) => {
    const site = siteAt(arrival.address);
    const { plan, reply } = await desk.answer(request, site);
    const { kind, ...what } = plan;
    log[levels[kind] ?? 'debug'](`${request.type}: ${kind}`, { mac: request.mac, ...what });
    for (const step of serverSteps(request, plan, reply?.packet, interfaceName)) journal.note(step);
    return reply && { ...reply, from: site.serverAddress };
  };
