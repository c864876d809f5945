import { type FileHandle, mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { GreifError } from '../core/errors.ts';
import { unlessPathMissing } from '../core/missing.ts';
import { runApart } from '../core/run-apart.ts';
import type { SentFile } from '../http/send-bytes.ts';
import { type FoundFile, keptTreeSchema, readTree, TreeLookup } from './file-tree.ts';
import { type ImportSourceProgress, type ImportSourceRequest, kept } from './import-source.ts';
import { type InstallerSource, installerSourceSchema, sourceNameSchema } from './source.ts';

/** A file of a source, open. It stays readable when the source is removed meanwhile. */
export interface SourceFile extends SentFile {
  /** Strong, without quotes: of the source's content and the file's place in it. */
  version: string;
  /** When the source was imported, in milliseconds since 1970. */
  changedAt: number;
  close(): Promise<void>;
}

export interface ImportOptions extends Omit<ImportSourceRequest, 'root' | 'reserveBytes'> {
  onProgress?: ((progress: ImportSourceProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** Installer sources, a folder each. */
export interface SourceStore {
  /** By name. */
  list(): InstallerSource[];
  /** Throws SOURCE_NOT_FOUND. */
  get(name: string): InstallerSource;
  /** In a process apart; one of the same name is replaced at the end. Throws SOURCE_INVALID, STORE_FULL. */
  import(options: ImportOptions): Promise<InstallerSource>;
  /** Throws SOURCE_NOT_FOUND. */
  remove(name: string): Promise<void>;
  /** By its path from the source's root, links followed. Throws SOURCE_NOT_FOUND, for a folder as well. */
  open(name: string, filePath: string): Promise<SourceFile>;
  /** The ISO that a source was made of, for live systems that fetch it whole. Throws SOURCE_NOT_FOUND, for other sources as well. */
  openIso(name: string): Promise<SourceFile>;
  /** Of all its files, from its root, without those of links. Throws SOURCE_NOT_FOUND. */
  paths(name: string): Promise<readonly string[]>;
}

/** The content of a source, open while it is there or somebody reads it. */
class Content {
  readonly #handle: FileHandle;
  readonly #lookup: TreeLookup;
  readonly #source: InstallerSource;
  readonly #changedAt: number;
  #users = 1;

  private constructor(handle: FileHandle, lookup: TreeLookup, source: InstallerSource) {
    this.#handle = handle;
    this.#lookup = lookup;
    this.#source = source;
    this.#changedAt = Date.parse(source.importedAt);
  }

  static async open(folder: string, source: InstallerSource): Promise<Content> {
    const tree = keptTreeSchema.parse(JSON.parse(await readFile(path.join(folder, kept.tree), 'utf8')));
    return new Content(await open(path.join(folder, kept.content)), new TreeLookup(readTree(tree)), source);
  }

  get paths(): readonly string[] {
    return this.#lookup.paths;
  }

  find(filePath: string): SourceFile | undefined {
    const found = this.#lookup.find(filePath);
    return found && this.#lend(found);
  }

  /** Of an ISO the content is the ISO itself, byte for byte. */
  iso(): SourceFile | undefined {
    const { kind, sizeBytes } = this.#source;
    return kind === 'iso' ? this.#lend({ sizeBytes, stretches: [{ at: 0, sizeBytes }] }) : undefined;
  }

  #lend(found: FoundFile): SourceFile {
    this.#users++;
    return {
      ...fileOf(this.#handle, found),
      version: `${this.#source.digest.slice(0, 24)}-${(found.stretches[0]?.at ?? 0).toString(36)}-${found.sizeBytes.toString(36)}`,
      changedAt: this.#changedAt,
      close: () => this.release(),
    };
  }

  async release(): Promise<void> {
    if (--this.#users === 0) await this.#handle.close();
  }
}

const fileOf = (handle: FileHandle, { sizeBytes, stretches }: FoundFile): SentFile => {
  const stretchAt = (position: number) => {
    let begin = 0;
    for (const { at, sizeBytes: length } of stretches) {
      if (position < begin + length)
        return { at: at + position - begin, sizeBytes: begin + length - position };
      begin += length;
    }
    return { at: 0, sizeBytes: 0 };
  };
  return {
    sizeBytes,
    descriptor: handle.fd,
    stretchAt,
    async read(into, position) {
      const { at, sizeBytes: length } = stretchAt(position);
      return (await handle.read(into, 0, Math.min(into.length, length), at)).bytesRead;
    },
  };
};

const notFound = (name: string): GreifError =>
  new GreifError(
    'SOURCE_NOT_FOUND',
    `there is no installer source "${name}": greif source list shows them all`,
  );

const readSource = async (folder: string): Promise<InstallerSource | undefined> => {
  const text = await readFile(path.join(folder, kept.source), 'utf8').catch(unlessPathMissing);
  return text === undefined ? undefined : installerSourceSchema.parse(JSON.parse(text));
};

/** The store in this folder, which is made if it is not there. Imports leave `reserveBytes` of its disk free. */
export const openSourceStore = async (
  root: string,
  { reserveBytes = 0 }: { reserveBytes?: number } = {},
): Promise<SourceStore & { close(): Promise<void> }> => {
  await mkdir(root, { recursive: true });
  const sources = new Map<string, InstallerSource>();
  const contents = new Map<string, Promise<Content>>();
  for (const name of await readdir(root)) {
    const folder = path.join(root, name);
    if (name.startsWith('.')) await rm(folder, { recursive: true, force: true });
    const source = await readSource(folder);
    if (source) sources.set(name, source);
  }

  const get = (name: string): InstallerSource => {
    const source = sources.get(name);
    if (source) return source;
    throw notFound(name);
  };
  const contentOf = (name: string): Promise<Content> => {
    const opened = contents.get(name) ?? Content.open(path.join(root, name), get(name));
    contents.set(name, opened);
    opened.catch(() => contents.delete(name));
    return opened;
  };
  const forget = async (name: string): Promise<void> => {
    const content = contents.get(name);
    contents.delete(name);
    sources.delete(name);
    await (await content?.catch(() => undefined))?.release();
  };

  return {
    get,
    list: () => [...sources.values()].sort((one, other) => (one.name < other.name ? -1 : 1)),
    async import({ onProgress, signal, ...what }) {
      sourceNameSchema.parse(what.name);
      const source = await runApart<ImportSourceRequest, ImportSourceProgress, InstallerSource>({
        program: path.join(import.meta.dirname, 'import-process.ts'),
        request: { ...what, root, reserveBytes },
        onProgress,
        signal,
      });
      await forget(source.name);
      sources.set(source.name, source);
      return source;
    },
    async remove(name) {
      get(name);
      await forget(name);
      await rm(path.join(root, name), { recursive: true, force: true });
    },
    async open(name, filePath) {
      const file = (await contentOf(name)).find(filePath);
      if (file) return file;
      throw new GreifError('SOURCE_NOT_FOUND', `the installer source ${name} has no file ${filePath}`);
    },
    async openIso(name) {
      const iso = (await contentOf(name)).iso();
      if (iso) return iso;
      throw new GreifError('SOURCE_NOT_FOUND', `the installer source ${name} was not made of an ISO`);
    },
    paths: async (name) => (await contentOf(name)).paths,
    async close() {
      for (const name of [...contents.keys()]) await forget(name);
    },
  };
};
