import { performance } from 'node:perf_hooks';
import { c } from '../network/libc.ts';

const EPOLL_CLOEXEC = 0o2000000;
const [EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD] = [1, 2, 3];
const [EPOLLIN, EPOLLOUT] = [1, 4];
/** struct epoll_event: packed on x86-64 only. */
const [eventBytes, fdOffset] = process.arch === 'x64' ? [12, 4] : [16, 8];
const eventsAtOnce = 256;
/**
 * So long a wait is spent asking again instead of sleeping, as long as answers come about so fast: to be woken takes several times as long as a
 * block needs to the other end of a wire and back.
 */
const lingerMs = 0.1;

/** Waits until one of many descriptors is ready (epoll). */
export class Poller {
  readonly #epoll: number = c.epoll_create1(EPOLL_CLOEXEC);
  readonly #event = Buffer.alloc(eventBytes);
  readonly #events = Buffer.alloc(eventBytes * eventsAtOnce);
  #lastWaitMs = Number.POSITIVE_INFINITY;

  add(fd: number): void {
    this.#control(EPOLL_CTL_ADD, fd, EPOLLIN);
  }

  /** Whether to wait for room to send, too. */
  awaitRoom(fd: number, isAwaited: boolean): void {
    this.#control(EPOLL_CTL_MOD, fd, isAwaited ? EPOLLIN | EPOLLOUT : EPOLLIN);
  }

  remove(fd: number): void {
    this.#control(EPOLL_CTL_DEL, fd, 0);
  }

  /** The descriptors that are ready, after that time at the latest. */
  wait(timeoutMs: number): number[] {
    const start = performance.now();
    let count = 0;
    if (this.#lastWaitMs < 2 * lingerMs)
      do {
        // Whoever else wants this processor has it first.
        c.sched_yield();
        count = this.#poll(0);
      } while (count === 0 && performance.now() - start < lingerMs);
    if (count <= 0) count = this.#poll(Math.ceil(timeoutMs));
    this.#lastWaitMs = performance.now() - start;
    return Array.from({ length: Math.max(0, count) }, (_, index) =>
      this.#events.readInt32LE(index * eventBytes + fdOffset),
    );
  }

  close(): void {
    c.close(this.#epoll);
  }

  #poll(timeoutMs: number): number {
    return c.epoll_wait(this.#epoll, this.#events, eventsAtOnce, timeoutMs);
  }

  #control(operation: number, fd: number, interest: number): void {
    this.#event.writeUInt32LE(interest, 0);
    this.#event.writeInt32LE(fd, fdOffset);
    c.epoll_ctl(this.#epoll, operation, fd, this.#event);
  }
}
