import { type Mac, macOf } from '../../core/mac.ts';
import type { Note, StepKind } from './step.ts';

/** A map that forgets the entry that was set longest ago when it is full. */
export class BoundedMap<Key, Value> extends Map<Key, Value> {
  readonly #most: number;

  constructor(most: number) {
    super();
    this.#most = most;
  }

  override set(key: Key, value: Value): this {
    this.delete(key);
    super.set(key, value);
    if (this.size > this.#most) this.delete(this.keys().next().value as Key);
    return this;
  }
}

/** Steps in which the PC uses the address or is given it; in the others it is only a wish or an offer. */
const proves: ReadonlySet<StepKind> = new Set<StepKind>([
  'ack',
  'request',
  'proxy-request',
  'script',
  'plan',
  'tftp-request',
  'inform',
]);

const mostWaiting = 16;
/** Whoever had the address longer ago may have been another PC. */
const waitMs = 60_000;

/** A step that waits for its PC to be known, with the time when it was. */
export interface Waiting {
  step: Note;
  at: number;
}

/**
 * Which PC has which address and which boot session: TFTP and HTTP know only the address. It is learnt from our own leases, from REQUESTs to another
 * DHCP server that we overhear, from the MAC that iPXE and GRUB put into what they ask for, and in our own networks from the kernel's ARP table (`lookUp`). Until then the steps of an address wait.
 */
export class Whereabouts {
  readonly #byAddress: Map<string, Mac>;
  readonly #byBoot: Map<string, Mac>;
  readonly #lookUp: (address: string) => string | undefined;
  readonly #waiting: Map<string, Waiting[]>;

  constructor(most: number, lookUp: (address: string) => string | undefined) {
    this.#lookUp = lookUp;
    this.#byAddress = new BoundedMap(most);
    this.#byBoot = new BoundedMap(most);
    this.#waiting = new BoundedMap(Math.ceil(most / mostWaiting));
  }

  /** The PC of a step; `undefined` when the step tells of nobody that is known. */
  find({ mac, bootId, address }: Note): Mac | undefined {
    return (
      mac ??
      (bootId === undefined ? undefined : this.#byBoot.get(bootId)) ??
      (address === undefined ? undefined : (this.#byAddress.get(address) ?? this.#neighbour(address)))
    );
  }

  #neighbour(address: string): Mac | undefined {
    return macOf(this.#lookUp(address) ?? '');
  }

  /** Keeps what the step tells of `mac`, and returns the earlier steps that now turn out to be its. */
  learn(mac: Mac, { kind, bootId, address }: Note, now: number): Waiting[] {
    if (bootId !== undefined) this.#byBoot.set(bootId, mac);
    if (address === undefined || !proves.has(kind)) return [];
    this.#byAddress.set(address, mac);
    const waiting = this.#waiting.get(address) ?? [];
    this.#waiting.delete(address);
    return waiting.filter(({ at }) => now - at < waitMs);
  }

  /** A step of somebody at an address that nobody is known to have. */
  wait(step: Note, at: number): void {
    if (step.address === undefined) return;
    const waiting = this.#waiting.get(step.address) ?? [];
    this.#waiting.set(step.address, [...waiting, { step, at }].slice(-mostWaiting));
  }
}
