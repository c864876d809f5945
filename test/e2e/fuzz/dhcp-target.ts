import { options, readOption, writeOption } from '../../../src/wire/dhcp/options.ts';
import { type DhcpPacket, decodePacket, encodePacket } from '../../../src/wire/dhcp/packet.ts';
import { edk2Discover } from '../../wire/dhcp/captured.ts';
import type { Target } from './campaign.ts';
import { dhcpCorpus, type Network } from './dhcp-corpus.ts';
import { dhcpMutations } from './mutate.ts';

/** The way to a DHCP service and back. */
export interface DhcpLink {
  deliver(packet: Buffer): void;
  /** Sends what wants an answer. */
  ask(packet: Buffer): void;
  /** Each sees all that the service sends. */
  listeners: Set<(bytes: Buffer) => void>;
}

/** What a sound client sends, and whether the reply is the right one. */
export interface Question {
  ask(xid: number): Buffer;
  isRight(reply: DhcpPacket): boolean;
}

/** The sound client. In server mode an address is reserved for it, whatever others take. */
export const soundMac = '02:00:5e:10:00:01';

const sound = (xid: number, more: [number, Buffer][]): Buffer =>
  encodePacket({
    ...decodePacket(edk2Discover),
    xid,
    chaddr: Buffer.from(soundMac.replaceAll(':', ''), 'hex'),
    options: new Map(more),
  });

/** Server mode: a DISCOVER is offered the address that is reserved. */
export const serverQuestion = (reserved: string): Question => ({
  ask: (xid) => sound(xid, [writeOption(options.messageType, 'DHCPDISCOVER')]),
  isRight: (reply) => reply.yiaddr === reserved && readOption(reply, options.messageType) === 'DHCPOFFER',
});

/** Proxy mode: a PXE client's REQUEST to port 4011 is told its boot file and no address. */
export const bootServerQuestion: Question = {
  ask: (xid) =>
    sound(xid, [
      writeOption(options.messageType, 'DHCPREQUEST'),
      writeOption(options.vendorClass, 'PXEClient:Arch:00000:UNDI:002001'),
      writeOption(options.clientArch, [0]),
    ]),
  isRight: (reply) =>
    reply.yiaddr === '0.0.0.0' &&
    reply.file === 'loaders/undionly.kpxe' &&
    readOption(reply, options.messageType) === 'DHCPACK',
};

const answerWithinMs = 10_000;

/** Resolves with whether the reply with this transaction id is right; false when none comes in time. */
const replyIsRight = ({ ask, listeners }: DhcpLink, question: Question, xid: number): Promise<boolean> =>
  new Promise((resolve) => {
    const end = (answer: boolean): void => {
      clearTimeout(timer);
      listeners.delete(look);
      resolve(answer);
    };
    const look = (bytes: Buffer): void => {
      if (bytes.readUInt32BE(4) === xid) end(question.isRight(decodePacket(bytes)));
    };
    const timer = setTimeout(() => end(false), answerWithinMs);
    listeners.add(look);
    ask(question.ask(xid));
  });

/** Ids that no packet of the corpus has. */
const firstXid = 0xf0000000;

export const dhcpTarget = (link: DhcpLink, question: Question, network: Network): Target => {
  let [asked, replies] = [0, 0];
  link.listeners.add(() => {
    replies += 1;
  });
  return {
    corpus: dhcpCorpus(network),
    mutations: dhcpMutations,
    deliver: link.deliver,
    answers: () => replyIsRight(link, question, firstXid + asked++),
    faults: () => [],
    replies: () => replies,
  };
};
