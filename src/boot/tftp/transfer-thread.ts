import { once } from 'node:events';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { c } from '../network/libc.ts';
import type { Ending, TransferOrder } from './transfer.ts';
import type { Command, LoopOptions, Report } from './transfer-loop.ts';

const EFD_NONBLOCK_CLOEXEC = 0o2004000;
const one = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);

/** The thread that sends files: nothing that the appliance does meanwhile can slow it down, nor it the appliance. */
export class TransferThread {
  readonly #worker: Worker;
  readonly #commands: MessagePort;
  readonly #wakeFd: number = c.eventfd(0, EFD_NONBLOCK_CLOEXEC);
  readonly #underWay = new Map<number, (ending: Ending) => void>();
  #lastId = 0;
  #isClosed = false;

  constructor(place: LoopOptions['place']) {
    const { port1, port2 } = new MessageChannel();
    const workerData: LoopOptions = { place, commands: port2, wakeFd: this.#wakeFd };
    const file = new URL('./transfer-loop.ts', import.meta.url);
    this.#worker = new Worker(file, { workerData, transferList: [port2] });
    this.#commands = port1;
    port1.on('message', ({ id, ...ending }: Report) => this.#underWay.get(id)?.(ending));
  }

  /** Starts a transfer. What it reads from must stay open until `done`. */
  begin(order: TransferOrder): { stop(): void; done: Promise<Ending> } {
    if (this.#isClosed) return { stop() {}, done: Promise.resolve({ outcome: 'stopped' }) };
    const id = ++this.#lastId;
    const done = new Promise<Ending>((resolve) => this.#underWay.set(id, resolve)).finally(() =>
      this.#underWay.delete(id),
    );
    this.#tell({ kind: 'begin', id, ...order });
    return { stop: () => this.#tell({ kind: 'stop', id }), done };
  }

  /** Stops all transfers and ends the thread. */
  async close(): Promise<void> {
    const hasEnded = once(this.#worker, 'exit');
    this.#tell({ kind: 'close' });
    this.#isClosed = true;
    await hasEnded;
    for (const resolve of this.#underWay.values()) resolve({ outcome: 'stopped' });
    this.#commands.close();
    c.close(this.#wakeFd);
  }

  #tell(command: Command): void {
    // The descriptor may be somebody else's by then.
    if (this.#isClosed) return;
    this.#commands.postMessage(command);
    c.write(this.#wakeFd, one, one.length);
  }
}
