import { performance } from 'node:perf_hooks';
import { type MessagePort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { c } from '../network/libc.ts';
import { DatagramSocket } from './datagram-socket.ts';
import { oneTurnEach } from './one-turn-each.ts';
import { Poller } from './poller.ts';
import { type Ending, Transfer, type TransferOrder } from './transfer.ts';

/** What the thread is told, and what it tells. */
export type Command =
  | ({ kind: 'begin'; id: number } & TransferOrder)
  | { kind: 'stop'; id: number }
  | { kind: 'close' };
export interface Report extends Ending {
  id: number;
}
export interface LoopOptions {
  /** Where transfers go out from; with `device` through that interface only. */
  place: { address: string; device?: string | undefined };
  commands: MessagePort;
  /** An eventfd that is written to when there is a command. */
  wakeFd: number;
}

/** So that the thread can be ended from outside even when nothing happens. */
const longestWaitMs = 1000;

/** All transfers of one server, in turn, on a thread that does nothing else. */
class TransferLoop {
  readonly #options: LoopOptions;
  readonly #poller = new Poller();
  readonly #byFd = new Map<number, { id: number; transfer: Transfer }>();
  readonly #fdOf = new Map<number, number>();
  /** No transfer's deadline is earlier. */
  #deadline = Number.POSITIVE_INFINITY;
  #isClosing = false;

  constructor(options: LoopOptions) {
    this.#options = options;
    this.#poller.add(options.wakeFd);
  }

  run(): void {
    while (!this.#isClosing) {
      const wait = Math.min(longestWaitMs, Math.max(0, this.#deadline - performance.now()));
      const ready = this.#poller.wait(wait);
      for (const fd of oneTurnEach(ready, (one) => this.#byFd.get(one)?.transfer.address))
        if (fd === this.#options.wakeFd) this.#obey();
        else this.#with(fd, (now) => this.#byFd.get(fd)?.transfer.proceed(now));
      if (performance.now() >= this.#deadline) this.#expire();
    }
    this.#poller.close();
  }

  #obey(): void {
    const { commands, wakeFd } = this.#options;
    c.read(wakeFd, Buffer.alloc(8), 8);
    for (let next = receiveMessageOnPort(commands); next; next = receiveMessageOnPort(commands)) {
      const command = next.message as Command;
      if (command.kind === 'begin') this.#begin(command);
      else if (command.kind === 'stop') this.#stop(command.id);
      else this.#close();
    }
  }

  #begin({ id, ...order }: TransferOrder & { id: number }): void {
    try {
      const socket = new DatagramSocket(this.#options.place);
      const transfer = new Transfer(socket, order);
      this.#byFd.set(socket.fd, { id, transfer });
      this.#fdOf.set(id, socket.fd);
      this.#poller.add(socket.fd);
      this.#with(socket.fd, (now) => transfer.start(now));
    } catch (cause) {
      this.#report({ id, outcome: 'failed', reason: String(cause) });
    }
  }

  #stop(id: number): void {
    const fd = this.#fdOf.get(id);
    if (fd !== undefined) this.#with(fd, () => this.#byFd.get(fd)?.transfer.end({ outcome: 'stopped' }));
  }

  #close(): void {
    for (const id of this.#fdOf.keys()) this.#stop(id);
    this.#isClosing = true;
  }

  #expire(): void {
    this.#deadline = Number.POSITIVE_INFINITY;
    const now = performance.now();
    for (const [fd, { transfer }] of this.#byFd) {
      if (transfer.deadline <= now) this.#with(fd, () => transfer.expire(now));
      else this.#deadline = Math.min(this.#deadline, transfer.deadline);
    }
  }

  /** One step of a transfer and what follows from it. What it throws ends only that transfer. */
  #with(fd: number, step: (now: number) => void): void {
    const entry = this.#byFd.get(fd);
    if (!entry) return;
    const { id, transfer } = entry;
    const wasWaiting = transfer.isWaitingForRoom;
    try {
      step(performance.now());
    } catch (cause) {
      transfer.fail(cause);
    }
    if (transfer.ending) this.#forget(fd, id, transfer.ending);
    else {
      if (wasWaiting !== transfer.isWaitingForRoom) this.#poller.awaitRoom(fd, !wasWaiting);
      this.#deadline = Math.min(this.#deadline, transfer.deadline);
    }
  }

  /** The poller has forgotten the descriptor when it was closed. */
  #forget(fd: number, id: number, ending: Ending): void {
    this.#byFd.delete(fd);
    this.#fdOf.delete(id);
    this.#report({ id, ...ending });
  }

  #report(report: Report): void {
    this.#options.commands.postMessage(report);
  }
}

new TransferLoop(workerData as LoopOptions).run();
