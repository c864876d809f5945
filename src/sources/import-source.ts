import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, type FileHandle, mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type FileTree, keepTree, TreeLookup } from './file-tree.ts';
import { ImageBytes } from './iso/image-bytes.ts';
import { readIso } from './iso/read-iso.ts';
import { folderBytes, type PackedContent, type Packing, packArchive, packFolder } from './pack-content.ts';
import { recognise } from './recognise.ts';
import { type InstallerSource, installerSourceSchema, type SourceFacts, type ToldFacts } from './source.ts';
import { sourceFault } from './source-fault.ts';
import { orSourcesFull, sourceSpace } from './source-space.ts';

/** Names of the files in a source's folder. */
export const kept = { content: 'content', tree: 'tree.json', source: 'source.json' };

const pieceBytes = 4 * 1024 ** 2;
/** What is read of a file to recognise a system. */
const textAtMost = 1024 ** 2;

export interface ImportSourceRequest {
  /** The folder of all sources. */
  root: string;
  name: string;
  /** An ISO, a netboot archive or a folder on the appliance's disk. */
  path: string;
  /** What the operator knows better, or what is not found by itself. */
  told?: ToldFacts | undefined;
  /** ISO 8601 */
  at: string;
  /** Left free on the disk. */
  reserveBytes: number;
}

export interface ImportSourceProgress {
  doneBytes: number;
  totalBytes: number;
}

export interface ImportSourceTools {
  report(progress: ImportSourceProgress): void;
  signal?: AbortSignal | undefined;
}

interface Content extends PackedContent {
  label?: string;
}

/** `undefined`: an ISO. By the first bytes: a volume descriptor at 32768, gzip, zstd, a tar header. */
const detectPacking = async (file: string): Promise<Packing | undefined> => {
  const handle = await open(file, 'r');
  try {
    const at = async (position: number, count: number): Promise<Buffer> =>
      (await handle.read(Buffer.alloc(count), 0, count, position)).buffer;
    if (/^(CD001|BEA01)$/.test((await at(32769, 5)).toString('latin1'))) return undefined;
    const start = await at(0, 512);
    if (start.readUInt16BE(0) === 0x1f8b) return 'gzip';
    if (start.readUInt32BE(0) === 0x28b52ffd) return 'zstd';
    if (start.toString('latin1', 257, 262) === 'ustar') return 'none';
  } finally {
    await handle.close();
  }
  throw sourceFault(`${file} is no ISO image and no tar archive (plain, .gz or .zst)`);
};

/** Copies by a clone, where the file system can, else byte by byte, and hashes. */
const copyHashed = async (
  from: string,
  to: string,
  onBytes: (count: number) => void,
  signal?: AbortSignal,
): Promise<string> => {
  const isCloned = await copyFile(from, to, constants.COPYFILE_FICLONE_FORCE).then(
    () => true,
    () => false,
  );
  const sum = createHash('sha256');
  const source = await open(from, 'r');
  const target = isCloned ? undefined : await open(to, 'w');
  try {
    const piece = Buffer.allocUnsafeSlow(pieceBytes);
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await source.read(piece, 0, piece.length, null);
      if (bytesRead === 0) return sum.digest('hex');
      const bytes = piece.subarray(0, bytesRead);
      sum.update(bytes);
      await target?.writeFile(bytes);
      onBytes(bytesRead);
    }
  } finally {
    await source.close();
    await target?.close();
  }
};

const takeContent = async (
  { root, path: from, reserveBytes }: ImportSourceRequest,
  into: string,
  { report, signal }: ImportSourceTools,
): Promise<Content & { kind: InstallerSource['kind'] }> => {
  const about = await stat(from).catch((cause) => {
    throw sourceFault(`${from} cannot be read on the appliance (${cause.code})`, cause);
  });
  const totalBytes = about.isDirectory() ? await folderBytes(from) : about.size;
  const space = sourceSpace(root, reserveBytes);
  await space.assertRoom(totalBytes);
  let doneBytes = 0;
  const onBytes = (count: number): void => {
    doneBytes += count;
    report({ doneBytes, totalBytes });
  };
  const writing = async (work: (handle: FileHandle) => Promise<PackedContent>): Promise<PackedContent> => {
    const handle = await open(into, 'w');
    try {
      return await work(handle);
    } finally {
      await handle.close();
    }
  };
  const options = { space, onBytes, signal };
  if (about.isDirectory())
    return { kind: 'folder', ...(await writing((handle) => packFolder(from, handle, options))) };
  if (!about.isFile()) throw sourceFault(`${from} is neither a file nor a folder`);
  const packing = await detectPacking(from);
  if (packing)
    return { kind: 'netboot', ...(await writing((handle) => packArchive(from, packing, handle, options))) };
  const digest = await copyHashed(from, into, onBytes, signal);
  const handle = await open(into, 'r');
  try {
    const { tree, label } = await readIso(await ImageBytes.of(handle));
    return { kind: 'iso', tree, digest, label };
  } finally {
    await handle.close();
  }
};

/** What is told replaces what was found. Throws SOURCE_INVALID for a file that the source has not. */
const factsOf = async (
  handle: FileHandle,
  tree: FileTree,
  { label, told = {} }: { label?: string | undefined; told?: ToldFacts | undefined },
): Promise<SourceFacts> => {
  const lookup = new TreeLookup(tree);
  const facts = await recognise({
    paths: [...lookup.paths, ...tree.links.map((link) => link.path)].filter((one) => lookup.find(one)),
    label,
    has: (file) => lookup.find(file) !== undefined,
    async text(file) {
      const [first] = lookup.find(file)?.stretches ?? [];
      if (!first || first.sizeBytes > textAtMost) return undefined;
      const bytes = Buffer.alloc(first.sizeBytes);
      await handle.read(bytes, 0, bytes.length, first.at);
      return bytes.toString('utf8');
    },
  });
  for (const file of [told.kernel, ...(told.initrds ?? [])])
    if (file !== undefined && !lookup.find(file)) throw sourceFault(`it has no file ${file}`);
  const known = Object.entries(told).filter(([, value]) => value !== undefined);
  return { ...facts, ...Object.fromEntries(known) };
};

/**
 * Takes an installer's files in: an ISO is copied whole, the files of an archive or a folder are put one after the other into one file, and where each
 * file is in it is kept beside it. One of the same name is replaced at the end. Throws SOURCE_INVALID, STORE_FULL.
 */
export const importSource = async (
  request: ImportSourceRequest,
  tools: ImportSourceTools,
): Promise<InstallerSource> => {
  const { root, name, path: from, told, at } = request;
  const draft = path.join(root, `.${name}.${randomBytes(6).toString('hex')}`);
  const place = (file: string) => path.join(draft, file);
  await mkdir(draft, { recursive: true });
  try {
    const { kind, tree, digest, label } = await takeContent(request, place(kept.content), tools);
    const handle = await open(place(kept.content), 'r+');
    try {
      await handle.sync();
      const facts = await factsOf(handle, tree, { label, told });
      const source = installerSourceSchema.parse({
        name,
        kind,
        ...facts,
        ...(label && { label }),
        from,
        importedAt: at,
        digest,
        fileCount: tree.files.length,
        sizeBytes: (await handle.stat()).size,
      });
      await writeFile(place(kept.tree), JSON.stringify(keepTree(tree)), { flush: true });
      await writeFile(place(kept.source), JSON.stringify(source, null, 1), { flush: true });
      tools.signal?.throwIfAborted();
      await rm(path.join(root, name), { recursive: true, force: true });
      await rename(draft, path.join(root, name));
      return source;
    } finally {
      await handle.close();
    }
  } catch (thrown) {
    throw orSourcesFull(thrown);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
};
