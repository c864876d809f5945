import type { Peer, Transfer } from './transfer.ts';

interface Entry {
  address: string;
  transfer: Transfer | undefined;
}

/** The transfers under way, and how many there may be. */
export class Transfers {
  /** By address and port, oldest first; an entry without a transfer is still being opened. */
  readonly #entries = new Map<string, Entry>();
  readonly #limits: { perClient: number; inAll: number };
  #isStopped = false;

  constructor(limits: { perClient: number; inAll: number }) {
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
      const oldest = own.find(({ transfer }) => transfer !== undefined);
      if (!oldest) return false;
      oldest.transfer?.stop();
    }
    this.#entries.set(key, { address, transfer: undefined });
    return true;
  }

  /** Enters the transfer of an admitted client. */
  add({ address, port }: Peer, transfer: Transfer): void {
    this.#entries.set(`${address}:${port}`, { address, transfer });
    if (this.#isStopped) transfer.stop();
  }

  remove({ address, port }: Peer): void {
    this.#entries.delete(`${address}:${port}`);
  }

  /** Stops all and waits for their ends. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    const all = [...this.#entries.values()].flatMap(({ transfer }) => transfer ?? []);
    for (const transfer of all) transfer.stop();
    await Promise.all(all.map(({ done }) => done));
  }
}
