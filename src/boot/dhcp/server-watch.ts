import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';
import type { Unit } from '../network/attend-interface.ts';
import type { InterfaceState } from '../network/interfaces.ts';
import { neighbourMac } from '../network/neighbours.ts';
import type { Sockets } from '../network/sockets.ts';
import { type ForeignServer, ForeignServers } from './foreign-servers.ts';
import type { DhcpEar, DhcpEarOptions } from './listen.ts';
import { answeringServer, type ProbeTimes, serverOfRequest, startProbing } from './probe.ts';
import type { Subnet } from './subnet.ts';

export interface ServerWatchOptions {
  interfaceName: string;
  mode: 'server' | 'proxy';
  sockets: Sockets;
  /** What all interfaces share: one must not answer another one's question. */
  probe: { times: ProbeTimes; ids: Set<number> };
  clock: Clock;
  log: Log;
}

/** Looks out for other DHCP servers on one interface's network. */
export interface ServerWatch {
  overhear: NonNullable<DhcpEarOptions['overhear']>;
  /** Asks from one of our addresses, as long as the interface has it. */
  probing(
    state: InterfaceState,
    interfaces: ReadonlyMap<string, InterfaceState>,
    home: Subnet,
    ear: DhcpEar,
  ): Unit;
  list(): ForeignServer[];
}

/** A server that did not answer three times in a row is gone. */
const patience = 3;

export const createServerWatch = (options: ServerWatchOptions): ServerWatch => {
  const { interfaceName, mode, sockets, clock, log } = options;
  const { times, ids } = options.probe;
  let own = new Set<string>();
  const servers = new ForeignServers({
    mode,
    isOwn: (address) => own.has(address),
    macOf: (address) => neighbourMac(address, interfaceName),
    forgetMs: patience * (times.everyMs + times.answerMs),
    clock,
    log,
  });
  return {
    list: () => servers.list(),
    overhear(packet, arrival) {
      const answering = answeringServer(packet, ids, arrival);
      if (answering !== undefined) servers.saw(answering, 'probe');
      const named = serverOfRequest(packet);
      if (named !== undefined) servers.saw(named, 'request');
      return ids.has(packet.xid);
    },
    probing({ index, mac }, interfaces, { address }, ear) {
      own = new Set([...interfaces.values()].flatMap(({ subnets }) => subnets.map((one) => one.address)));
      const saw = (server: string) => servers.saw(server, 'probe');
      const judge = () => servers.judge();
      const probe = { interfaceName, mac, address, ear, sockets, ids, times, saw, judge, log };
      return { key: `${index} probes from ${address}`, open: async () => startProbing(probe) };
    },
  };
};
