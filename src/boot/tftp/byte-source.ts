import { readSync } from 'node:fs';

/** What a transfer sends: a file that is open, or text that was made for it. Crosses from thread to thread. */
export type Content = { fd: number; sizeBytes: number } | { bytes: Uint8Array };

/** Bytes by position. `read` fills `into` as far as there is something and says how far. */
export interface ByteSource {
  sizeBytes: number;
  read(into: Buffer, position: number): number;
}

/** Reads without a detour over the thread pool: boot files are few, so all but the first client's come from the page cache, read ahead by the kernel. */
export const byteSource = (content: Content): ByteSource => {
  if ('bytes' in content) {
    const bytes = Buffer.from(content.bytes);
    return { sizeBytes: bytes.length, read: (into, position) => bytes.copy(into, 0, position) };
  }
  const { fd, sizeBytes } = content;
  return { sizeBytes, read: (into, position) => readSync(fd, into, 0, into.length, position) };
};
