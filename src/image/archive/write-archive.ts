import { randomBytes } from 'node:crypto';
import { type FileHandle, link, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { ahead } from '../../core/ahead.ts';
import { GreifError } from '../../core/errors.ts';
import { unpackChunk } from '../format/chunk.ts';
import type { PublicKey } from '../format/signature.ts';
import type { ChunkId, ChunkSource } from '../ports.ts';
import { syncPath } from '../store/durable-file.ts';
import type { StoredImage } from '../store/manifests.ts';
import { type Member, memberName } from './members.ts';
import { encodeHeader, endBytes, paddingOf } from './ustar.ts';

/** What is exported: a version, and where its parts are. */
export interface Export {
  image: StoredImage;
  signer: PublicKey | undefined;
  /** By digest, each once. */
  indexes: ReadonlyMap<string, Buffer>;
  /** Each once, in the order of the indexes, with the bytes that it unpacks to. */
  chunkSizes: ReadonlyMap<ChunkId, number>;
  chunks: ChunkSource;
  file: string;
  onProgress?: ((doneBytes: number) => void) | undefined;
  signal?: AbortSignal | undefined;
}

const chunksAhead = 8;
const writeBytes = 2 ** 20;

/**
 * Writes an export: whole, durable and proven chunk by chunk, or nothing. Throws BAD_REQUEST when the file is there already,
 * CHUNK_MISSING or CHUNK_CORRUPT for what the store lacks, STORE_FULL when there is no room for the file.
 */
export const writeArchive = async (what: Export): Promise<void> => {
  const { file } = what;
  const part = `${file}.${randomBytes(6).toString('hex')}.part`;
  const handle = await open(part, 'wx').catch((cause) => {
    throw new GreifError('BAD_REQUEST', `${file} cannot be written: ${cause.message}`, { cause });
  });
  try {
    await writeMembers(handle, what);
    await handle.sync();
    await link(part, file);
    await syncPath(path.dirname(file));
  } catch (thrown) {
    throw exportFailure(thrown, file);
  } finally {
    await handle.close();
    await rm(part, { force: true });
  }
};

const exportFailure = (thrown: unknown, file: string): unknown => {
  const { code } = thrown as NodeJS.ErrnoException;
  if (code === 'EEXIST')
    return new GreifError('BAD_REQUEST', `${file} is there already: choose another name, or remove it`);
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG')
    return new GreifError(
      'STORE_FULL',
      `there is no room for ${file}: make some there, or choose another place`,
    );
  return thrown;
};

const writeMembers = async (handle: FileHandle, what: Export): Promise<void> => {
  const { image, signer, indexes, chunkSizes, chunks, onProgress, signal } = what;
  const out = gathered(handle);
  await out.member({ kind: 'manifest' }, Buffer.from(image.text));
  await out.member({ kind: 'signature' }, Buffer.from(image.signature, 'base64url'));
  if (signer) await out.member({ kind: 'signer' }, Buffer.from(signer));
  for (const [digest, bytes] of indexes) await out.member({ kind: 'index', digest }, bytes);
  let doneBytes = 0;
  const read = async ([id, sizeBytes]: [ChunkId, number]) => ({
    id,
    sizeBytes,
    packed: await chunks.get(id),
  });
  for await (const { id, sizeBytes, packed } of ahead(chunkSizes, chunksAhead, read)) {
    signal?.throwIfAborted();
    if (!packed)
      throw new GreifError(
        'CHUNK_MISSING',
        `the store has no chunk ${id}: "greif store scrub" looks for what is damaged`,
      );
    unpackChunk(id, packed, sizeBytes);
    await out.member({ kind: 'chunk', id }, packed);
    doneBytes += sizeBytes;
    onProgress?.(doneBytes);
  }
  await out.end();
};

/** Members joined to pieces that are worth a write. */
const gathered = (handle: FileHandle) => {
  let parts: Uint8Array[] = [];
  let length = 0;
  const flush = async (): Promise<void> => {
    await handle.writeFile(Buffer.concat(parts, length));
    parts = [];
    length = 0;
  };
  const add = (bytes: Uint8Array): void => {
    parts.push(bytes);
    length += bytes.length;
  };
  return {
    async member(member: Member, bytes: Uint8Array): Promise<void> {
      add(encodeHeader({ name: memberName(member), sizeBytes: bytes.length }));
      add(bytes);
      add(Buffer.alloc(paddingOf(bytes.length)));
      if (length >= writeBytes) await flush();
    },
    async end(): Promise<void> {
      add(Buffer.alloc(endBytes));
      await flush();
    },
  };
};
