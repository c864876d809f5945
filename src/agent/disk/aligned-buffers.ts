/** The part that is needed of what only browsers' type definitions declare. */
declare const WebAssembly: {
  Memory: new (size: { initial: number; maximum: number; shared: true }) => { buffer: SharedArrayBuffer };
};

/** A WebAssembly page, which the engine aligns to the machine's pages: what O_DIRECT needs and Buffer.alloc does not give. */
const pageBytes = 65_536;

/** One page-aligned buffer, of zeros. @param sizeBytes a multiple of 64 KiB. */
export const alignedBuffer = (sizeBytes: number): Buffer => {
  const pages = sizeBytes / pageBytes;
  return Buffer.from(new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }).buffer);
};

/** A fixed set of page-aligned buffers in memory that threads can share: whoever takes one when all are out waits. This is what bounds the agent's memory. */
export interface AlignedBuffers {
  take(): Promise<Buffer>;
  give(buffer: Buffer): void;
}

/** @param sizeBytes of each buffer, a multiple of 64 KiB. */
export const alignedBuffers = (count: number, sizeBytes: number): AlignedBuffers => {
  const memory = alignedBuffer(count * sizeBytes);
  const free: Buffer[] = Array.from({ length: count }, (_, n) =>
    memory.subarray(n * sizeBytes, (n + 1) * sizeBytes),
  );
  const waiting: ((buffer: Buffer) => void)[] = [];
  return {
    async take() {
      return free.pop() ?? new Promise((resolve) => waiting.push(resolve));
    },
    give(buffer) {
      const next = waiting.shift();
      if (next) next(buffer);
      else free.push(buffer);
    },
  };
};
