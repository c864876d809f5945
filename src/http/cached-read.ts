import koffi from 'koffi';

const library = koffi.load(null);

/** More is no small file, and would stop everything else for long. */
export const cachedReadBytes = 16 * 1024;

/** preadv2(2): take only what is in memory. */
const RWF_NOWAIT = 8;

type Read = (fd: number, vector: Buffer, count: number, offset: number, flags: number) => number;

/** Not every C library has it. */
const findRead = (): Read | undefined => {
  try {
    return library.func('intptr_t preadv2(int fd, void *vector, int count, int64_t offset, int flags)');
  } catch {
    return undefined;
  }
};

const preadv2 = findRead();
const scratch = Buffer.allocUnsafeSlow(cachedReadBytes);
/** struct iovec: where to, how much (readv(2)). */
const vector = Buffer.alloc(16);
vector.writeBigUInt64LE(koffi.address(scratch), 0);

/**
 * Bytes that the kernel holds in its page cache, read at once: a way to the thread pool and back costs several times as much. `undefined` when not all of
 * them are there, or the file system cannot tell; then they are to be read as usual. At most `cachedReadBytes`.
 */
export const readCached = (descriptor: number, position: number, count: number): Buffer | undefined => {
  if (!preadv2 || count > cachedReadBytes) return undefined;
  vector.writeBigUInt64LE(BigInt(count), 8);
  if (preadv2(descriptor, vector, 1, position, RWF_NOWAIT) !== count) return undefined;
  return Buffer.from(scratch.subarray(0, count));
};
