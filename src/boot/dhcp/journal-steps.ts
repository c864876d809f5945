import type { MessageType } from '../../wire/dhcp/message-type.ts';
import { options } from '../../wire/dhcp/options.ts';
import type { DhcpPacket } from '../../wire/dhcp/packet.ts';
import type { Note, StepKind } from '../journal/step.ts';
import type { ReplyPlan } from './decide-reply.ts';
import { type DhcpRequest, tolerant } from './request.ts';

const none = '0.0.0.0';

const asked: Partial<Record<MessageType, StepKind>> = {
  DHCPDISCOVER: 'discover',
  DHCPREQUEST: 'request',
  DHCPINFORM: 'inform',
  DHCPDECLINE: 'decline',
  DHCPRELEASE: 'release',
};

const who = ({ mac, boot }: DhcpRequest) => ({ mac, stage: boot?.stage ?? ('system' as const) });

/**
 * What the client said. The address is one that it has, or takes from another server (`server`), as far as it says so: what it wishes from us
 * is in our answer.
 */
const question = (request: DhcpRequest, interfaceName: string, server: string | undefined): Note[] => {
  const { type, boot, packet, requestedAddress } = request;
  const kind = asked[type];
  if (!kind) return [];
  const address = packet.ciaddr === none ? server && requestedAddress : packet.ciaddr;
  return [{ kind, ...who(request), interface: interfaceName, arch: boot?.arch, address, server }];
};

const fileIn = (packet: DhcpPacket | undefined): string | undefined =>
  (packet && (packet.file || tolerant(packet, options.bootfileName))) || undefined;

/** A client that wants to boot, and gets no file. */
const lacking = (request: DhcpRequest): Note => ({
  kind: 'no-loader',
  ...who(request),
  arch: request.boot?.arch,
  reason: `there is no boot file for architecture ${tolerant(request.packet, options.clientArch)?.join(', ') ?? 0}`,
});

const serverAnswer = (request: DhcpRequest, plan: ReplyPlan, packet: DhcpPacket | undefined): Note[] => {
  const { kind } = plan;
  switch (kind) {
    case 'offer':
    case 'ack':
    case 'inform': {
      const file = fileIn(packet);
      const address = kind === 'inform' ? request.packet.ciaddr : plan.address;
      const answer: Note = { kind: kind === 'offer' ? 'offer' : 'ack', ...who(request), address, file };
      return request.boot && file === undefined ? [answer, lacking(request)] : [answer];
    }
    case 'nak':
      return [{ kind, ...who(request), reason: plan.reason }];
    case 'exhausted':
      return [{ kind, ...who(request) }];
    case 'ignore':
      return [{ kind: 'ignored', ...who(request), reason: plan.reason }];
    default:
      return [];
  }
};

/** For the boot journal: what the client said to a DHCP server of ours, and what was answered. */
export const serverSteps = (
  request: DhcpRequest,
  plan: ReplyPlan,
  packet: DhcpPacket | undefined,
  interfaceName: string,
): Note[] => {
  const { type, serverIdentifier } = request;
  const tookAnother =
    type === 'DHCPREQUEST' &&
    serverIdentifier !== undefined &&
    (plan.kind === 'free' || plan.kind === 'ignore');
  if (tookAnother) return question(request, interfaceName, serverIdentifier);
  return [...question(request, interfaceName, undefined), ...serverAnswer(request, plan, packet)];
};

/** The same beside the site's DHCP server: its clients' REQUESTs are overheard, as they are broadcast. */
export const proxySteps = (
  request: DhcpRequest,
  packet: DhcpPacket | undefined,
  interfaceName: string,
): Note[] => {
  const steps = question(request, interfaceName, request.serverIdentifier);
  if (packet) return [...steps, { kind: 'proxy-offer', ...who(request), file: fileIn(packet) }];
  return request.boot && request.type === 'DHCPDISCOVER' ? [...steps, lacking(request)] : steps;
};

/** The same at the boot server's port; `source` is where the client asked from. */
export const bootServerSteps = (
  request: DhcpRequest,
  packet: DhcpPacket | undefined,
  source: string,
): Note[] => {
  const address = [source, request.packet.ciaddr].find((each) => each !== none);
  const question: Note = { kind: 'proxy-request', ...who(request), arch: request.boot?.arch, address };
  return packet ? [question, { kind: 'proxy-ack', ...who(request), file: fileIn(packet) }] : [question];
};
