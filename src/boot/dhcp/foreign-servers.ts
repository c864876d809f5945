import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';

/** A DHCP server on the wire that is not ours. */
export interface ForeignServer {
  /** Its server identifier. */
  address: string;
  mac?: string | undefined;
  /** How it was found: a PC took its offer, or it answered our own question. */
  seenBy: 'request' | 'probe';
  /** Milliseconds since 1970. */
  firstSeenAt: number;
  lastSeenAt: number;
}

export interface ForeignServersOptions {
  /** Beside a `proxy` exactly one is expected; beside a `server` none. */
  mode: 'server' | 'proxy';
  isOwn(address: string): boolean;
  /** From the machine's neighbours, where it is known. */
  macOf(address: string): string | undefined;
  /** A server that was not seen for so long is gone. */
  forgetMs: number;
  clock: Clock;
  log: Log;
}

/** Enough for any network that works at all; more are forged. */
const most = 16;

const listed = (servers: readonly ForeignServer[]): string =>
  servers.map(({ address, mac }) => (mac ? `${address} (${mac})` : address)).join(', ');

/** What is to be said of a network that a ProxyDHCP server stands in; nothing when one server gives the addresses. */
const complaint = (servers: readonly ForeignServer[]): string | undefined => {
  if (servers.length === 0)
    return 'no DHCP server answers on this network, so PCs get no address: switch it on, or use --dhcp server';
  if (servers.length === 1) return undefined;
  return `several DHCP servers answer on this network: ${listed(servers)}; unless they share their leases (failover), switch all but one off`;
};

/** Which other DHCP servers there are on one interface's network, said once each in the log. */
export class ForeignServers {
  readonly #options: ForeignServersOptions;
  readonly #servers = new Map<string, ForeignServer>();
  #said: string | undefined;

  constructor(options: ForeignServersOptions) {
    this.#options = options;
  }

  list(): ForeignServer[] {
    return [...this.#servers.values()];
  }

  /** Somebody named, or answered as, this server. */
  saw(address: string, seenBy: ForeignServer['seenBy']): void {
    const { isOwn, macOf, clock } = this.#options;
    if (isOwn(address)) return;
    const now = clock();
    const known = this.#servers.get(address);
    if (known) {
      known.lastSeenAt = now;
      known.mac ??= macOf(address);
      return;
    }
    if (this.#servers.size >= most) return;
    const server = { address, mac: macOf(address), seenBy, firstSeenAt: now, lastSeenAt: now };
    this.#servers.set(address, server);
    this.#warn(server);
  }

  /** To be called when the answers to a probe have had their time. */
  judge(): void {
    const { mode, clock, log, forgetMs } = this.#options;
    const limit = clock() - forgetMs;
    for (const { address, lastSeenAt } of this.list())
      if (lastSeenAt < limit) {
        this.#servers.delete(address);
        log.info('the other DHCP server is gone', { server: address });
      }
    if (mode === 'server') return;
    const servers = this.list();
    const words = complaint(servers);
    if (words !== undefined && words !== this.#said) log.warn(words);
    if (words === undefined && this.#said !== undefined)
      log.info('one DHCP server gives the addresses', { server: servers[0]?.address });
    this.#said = words;
  }

  #warn({ address: server, mac, seenBy }: ForeignServer): void {
    const { mode, log } = this.#options;
    if (mode === 'proxy') log.debug('the DHCP server of this network was seen', { server, mac, seenBy });
    else
      log.warn(
        'another DHCP server answers on this network, PCs may take its address and not boot: switch it off, or use --dhcp proxy',
        { server, mac, seenBy },
      );
  }
}
