import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, lstat, readdir, readlink } from 'node:fs/promises';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { extract } from 'tar-stream';
import type { SpaceGuard } from '../image/store/free-space.ts';
import type { FileTree, TreeFile, TreeLink } from './file-tree.ts';
import { sourceFault } from './source-fault.ts';

const entriesAtMost = 1_000_000;
const guardEveryBytes = 64 * 1024 ** 2;

/** A source whose files were put one after the other into one file, and what its digest is. */
export interface PackedContent {
  tree: FileTree;
  digest: string;
}

/** Appends files to the content. */
class ContentWriter {
  readonly #handle: FileHandle;
  readonly #space: SpaceGuard;
  #at = 0;
  #provenUntil = 0;
  readonly files: TreeFile[] = [];
  readonly links: TreeLink[] = [];

  constructor(handle: FileHandle, space: SpaceGuard) {
    this.#handle = handle;
    this.#space = space;
  }

  get sizeBytes(): number {
    return this.#at;
  }

  async addFile(name: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
    const begin = this.#at;
    for await (const piece of bytes) {
      if (this.#at + piece.length > this.#provenUntil) {
        await this.#space.assertRoom(piece.length + guardEveryBytes);
        this.#provenUntil = this.#at + piece.length + guardEveryBytes;
      }
      await this.#handle.writeFile(piece);
      this.#at += piece.length;
    }
    const sizeBytes = this.#at - begin;
    this.files.push({ path: provenPath(name), stretches: sizeBytes > 0 ? [{ at: begin, sizeBytes }] : [] });
    if (this.files.length + this.links.length > entriesAtMost)
      throw sourceFault(`it has more than ${entriesAtMost} files`);
  }

  addLink(name: string, target: string): void {
    this.links.push({ path: provenPath(name), target });
  }

  tree(): FileTree {
    return { files: this.files, links: this.links, anyCase: false };
  }
}

/** `./a/b` → `a/b`. Throws SOURCE_INVALID for a path that would lead elsewhere. */
const provenPath = (name: string): string => {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.length === 0 || parts.includes('..') || name.includes('\0'))
    throw sourceFault(`it has a file called ${JSON.stringify(name)}`);
  return parts.join('/');
};

export interface PackOptions {
  space: SpaceGuard;
  /** Told of bytes of the source that were read. */
  onBytes: (count: number) => void;
  signal?: AbortSignal | undefined;
}

const unpackers = { gzip: createGunzip, zstd: createZstdDecompress, none: undefined };

export type Packing = keyof typeof unpackers;

/** A netboot archive (tar, optionally in gzip or zstd). Throws SOURCE_INVALID, STORE_FULL. */
export const packArchive = async (
  file: string,
  packing: Packing,
  into: FileHandle,
  { space, onBytes, signal }: PackOptions,
): Promise<PackedContent> => {
  const writer = new ContentWriter(into, space);
  const sum = createHash('sha256');
  const hashing = new Transform({
    transform(bytes: Buffer, _encoding, done) {
      sum.update(bytes);
      onBytes(bytes.length);
      done(null, bytes);
    },
  });
  const archive = extract();
  const unpacker = unpackers[packing]?.();
  const stages = [
    createReadStream(file, { highWaterMark: 1024 * 1024 }),
    hashing,
    ...(unpacker ? [unpacker] : []),
    archive,
  ];
  const feeding = pipeline(stages, { signal });
  const reading = (async () => {
    for await (const entry of archive) {
      const { type, name, linkname } = entry.header;
      if (type === 'file' || type === 'contiguous-file')
        await writer.addFile(name, entry as AsyncIterable<Uint8Array>);
      else if (type === 'symlink') writer.addLink(name, linkname ?? '');
      else if (type === 'link') writer.addLink(name, `/${linkname ?? ''}`);
      entry.resume();
    }
  })();
  const [fed, read] = await Promise.allSettled([feeding, reading]);
  signal?.throwIfAborted();
  for (const { reason } of [read, fed].filter((one) => one.status === 'rejected')) {
    if (reason?.code === 'SOURCE_INVALID' || reason?.code === 'STORE_FULL' || reason?.code === 'ENOSPC')
      throw reason;
    throw sourceFault(`the archive is damaged or cut short (${reason?.message})`, reason);
  }
  return { tree: writer.tree(), digest: sum.digest('hex') };
};

interface FolderEntry {
  name: string;
  file: string;
  isLink: boolean;
}

const entriesOf = async (folder: string): Promise<FolderEntry[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      return { name: path.relative(folder, file), file, isLink: entry.isSymbolicLink() };
    })
    .sort((one, other) => (one.name < other.name ? -1 : 1));
};

/** What `packFolder` will read. */
export const folderBytes = async (folder: string): Promise<number> => {
  let sum = 0;
  for (const { file, isLink } of await entriesOf(folder)) if (!isLink) sum += (await lstat(file)).size;
  return sum;
};

/** A folder of files; links are kept as links and lead nowhere outside. Throws SOURCE_INVALID, STORE_FULL. */
export const packFolder = async (
  folder: string,
  into: FileHandle,
  { space, onBytes, signal }: PackOptions,
): Promise<PackedContent> => {
  const writer = new ContentWriter(into, space);
  const sum = createHash('sha256');
  async function* hashed(file: string): AsyncGenerator<Buffer> {
    for await (const piece of createReadStream(file, { highWaterMark: 1024 * 1024, signal })) {
      sum.update(piece);
      onBytes(piece.length);
      yield piece;
    }
  }
  for (const { name, file, isLink } of await entriesOf(folder)) {
    if (isLink) writer.addLink(name, await readlink(file));
    else await writer.addFile(name, hashed(file));
  }
  return { tree: writer.tree(), digest: sum.digest('hex') };
};
