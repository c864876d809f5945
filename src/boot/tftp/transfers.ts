import type { Peer } from './transfer.ts';

export interface TransferLimits {
  perClient: number;
  inAll: number;
}

interface Entry {
  address: string;
  stop: (() => void) | undefined;
}

/** Which transfers are under way, and how many there may be. Pure. */
export class Transfers {
  /** By address and port, oldest first; an entry that cannot be stopped is still being opened. */
  readonly #entries = new Map<string, Entry>();
  readonly #limits: TransferLimits;

  constructor(limits: TransferLimits) {
    this.#limits = limits;
  }

  /**
   * False: ignore the request, the client asks again. That is so for one that is being served already, and when the server is full. A client with too many has
   * been switched off and on: its oldest transfer is stopped in favour of the new one.
   */
  admit({ address, port }: Peer): boolean {
    const key = `${address}:${port}`;
    if (this.#entries.has(key) || this.#entries.size >= this.#limits.inAll) return false;
    const own = [...this.#entries.values()].filter((entry) => entry.address === address);
    if (own.length >= this.#limits.perClient) {
      const oldest = own.find(({ stop }) => stop !== undefined);
      if (!oldest) return false;
      oldest.stop?.();
    }
    this.#entries.set(key, { address, stop: undefined });
    return true;
  }

  /** An admitted client's transfer has begun. */
  begun({ address, port }: Peer, stop: () => void): void {
    this.#entries.set(`${address}:${port}`, { address, stop });
  }

  remove({ address, port }: Peer): void {
    this.#entries.delete(`${address}:${port}`);
  }
}
