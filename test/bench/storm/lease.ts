import type { Socket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MessageType } from '../../../src/wire/dhcp/message-type.ts';
import { options, readOption, writeOption } from '../../../src/wire/dhcp/options.ts';
import { type DhcpPacket, decodePacket, encodePacket } from '../../../src/wire/dhcp/packet.ts';

/** PXE 2.1 section 2.2: a question is asked four times, and the pause doubles. */
const pausesMs = [4000, 8000, 16_000, 32_000];
const none = '0.0.0.0';

export interface BootLease {
  address: string;
  server: string;
  bootfile: string;
}

/** The DHCP side of PCs that share one port 68: what comes is told apart by its transaction id. */
export class DhcpPort {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, (packet: DhcpPacket) => void>();

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (bytes) => {
      const packet = decodePacket(bytes);
      this.#waiting.get(packet.xid)?.(packet);
    });
  }

  /** Broadcasts, again after each pause, until the wanted answer comes. Throws when none does. */
  async ask(question: DhcpPacket, wanted: MessageType): Promise<DhcpPacket> {
    const bytes = encodePacket(question);
    const over = new AbortController();
    const answer = new Promise<DhcpPacket>((resolve) => {
      this.#waiting.set(question.xid, (packet) => {
        if (readOption(packet, options.messageType) === wanted) resolve(packet);
      });
    });
    try {
      for (const pauseMs of pausesMs) {
        this.#socket.send(bytes, 67, '255.255.255.255');
        const pause = sleep(pauseMs, undefined, { signal: over.signal }).catch(() => undefined);
        const packet = await Promise.race([answer, pause]);
        if (packet) return packet;
      }
      throw new Error(`no ${wanted}`);
    } finally {
      over.abort();
      this.#waiting.delete(question.xid);
    }
  }
}

const question = (mac: Buffer, xid: number, type: MessageType, more: [number, Buffer][]): DhcpPacket => ({
  op: 'BOOTREQUEST',
  htype: 1,
  hops: 0,
  xid,
  secs: 0,
  broadcast: true,
  ciaddr: none,
  yiaddr: none,
  siaddr: none,
  giaddr: none,
  chaddr: mac,
  sname: '',
  file: '',
  options: new Map([
    writeOption(options.messageType, type),
    writeOption(options.parameterRequestList, [1, 3, 66, 67]),
    writeOption(options.vendorClass, 'PXEClient:Arch:00000:UNDI:002001'),
    ...more,
  ]),
});

/** DISCOVER, OFFER, REQUEST, ACK as a BIOS does it. */
export const getLease = async (port: DhcpPort, mac: Buffer, xid: number): Promise<BootLease> => {
  const arch: [number, Buffer] = [93, Buffer.from([0, 0])];
  const offer = await port.ask(question(mac, xid, 'DHCPDISCOVER', [arch]), 'DHCPOFFER');
  const server = readOption(offer, options.serverIdentifier) ?? none;
  const request = question(mac, xid, 'DHCPREQUEST', [
    arch,
    writeOption(options.requestedAddress, offer.yiaddr),
    writeOption(options.serverIdentifier, server),
  ]);
  const ack = await port.ask(request, 'DHCPACK');
  return { address: ack.yiaddr, server: ack.siaddr, bootfile: ack.file };
};
