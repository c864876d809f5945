import { type Transferable, Worker } from 'node:worker_threads';

/** Threads that answer each request with one message. */
export interface ThreadPool<Request, Answer> {
  /** Waits for a free thread. What is in `transfer` is gone afterwards. Throws when a thread has died. */
  ask(request: Request, transfer?: readonly Transferable[]): Promise<Answer>;
  close(): Promise<void>;
}

interface Job<Request, Answer> {
  request: Request;
  transfer: readonly Transferable[];
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/** What they work on lies outside their heaps, which would grow by dozens of MiB each otherwise. */
const resourceLimits = { maxYoungGenerationSizeMb: 4 };

/** Starts them at the first request. They do not keep the process alive. */
export const threadPool = <Request, Answer>(
  threads: number,
  script: URL,
  workerData?: unknown,
): ThreadPool<Request, Answer> => {
  const waiting: Job<Request, Answer>[] = [];
  const idle: Worker[] = [];
  const working = new Map<Worker, Job<Request, Answer>>();
  const workers: Worker[] = [];
  let broken: Error | undefined;

  const fail = (error: Error): void => {
    broken = error;
    for (const job of [...working.values(), ...waiting.splice(0)]) job.reject(error);
    working.clear();
  };
  const start = (): Worker => {
    const worker = new Worker(script, { workerData, resourceLimits });
    worker.on('message', (answer: Answer) => {
      working.get(worker)?.resolve(answer);
      working.delete(worker);
      worker.unref();
      idle.push(worker);
      next();
    });
    worker.on('error', fail);
    worker.on('exit', () => working.has(worker) && fail(new Error('a thread ended before it answered')));
    workers.push(worker);
    return worker;
  };
  const next = (): void => {
    while (waiting.length > 0) {
      const worker = idle.pop() ?? (workers.length < Math.max(1, threads) ? start() : undefined);
      if (!worker) return;
      const job = waiting.shift() as Job<Request, Answer>;
      working.set(worker, job);
      worker.ref();
      worker.postMessage(job.request, job.transfer);
    }
  };

  return {
    ask: (request, transfer = []) =>
      new Promise((resolve, reject) => {
        if (broken) return reject(broken);
        waiting.push({ request, transfer, resolve, reject });
        next();
      }),
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
};
