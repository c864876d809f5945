import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header, pack } from 'tar-stream';

/** A file system's archive (tar, unpacked), readable any number of times. */
export type Layer = () => Readable;

/** OCI image specification, layer.md: a file of this beginning hides its namesake below. */
const whiteout = '.wh.';
const opaqueWhiteout = '.wh..wh..opq';
/** As many links as Linux follows (path_resolution(7)). */
const mostLinks = 40;

/** Names that leave the root or cannot be. */
export class ArchiveFault extends Error {}

/** `./a//b/` → `a/b`; the root itself is ''. */
const normal = (name: string): string => {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..') || name.includes('\0'))
    throw new ArchiveFault(`the name ${JSON.stringify(name)} leaves it`);
  return parts.join('/');
};

const parentOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf('/')));

async function* entriesOf(
  layer: Layer,
): AsyncGenerator<{ header: Header; body: AsyncIterable<Buffer>; skip(): void }> {
  const reader = extract();
  const fed = pipeline(layer(), reader as unknown as Writable);
  fed.catch(() => {}); // the reader tells it too
  for await (const entry of reader) {
    const body = entry as unknown as AsyncIterable<Buffer> & { resume(): void };
    yield { header: entry.header, body, skip: () => body.resume() };
  }
  await fed;
}

/** Where each symbolic link points, upper layers first. */
const linksOf = async (layers: readonly Layer[]): Promise<Map<string, string>> => {
  const links = new Map<string, string>();
  for (const layer of layers)
    for await (const { header, skip } of entriesOf(layer)) {
      skip();
      if (header.type === 'symlink') links.set(normal(header.name), header.linkname);
      else if (header.type !== 'directory') links.delete(normal(header.name));
    }
  return links;
};

/** The name with the links of its folders followed within the root, as for a process whose root it is: nothing is ever unpacked through a link. */
const resolver = (links: ReadonlyMap<string, string>) => {
  const known = new Map<string, string>([['', '']]);
  const folder = (name: string, budget: number): string => {
    const found = known.get(name);
    if (found !== undefined) return found;
    if (budget === 0)
      throw new ArchiveFault(`the links on the way to ${JSON.stringify(name)} go round in circles`);
    const parent = folder(parentOf(name), budget);
    const place = parent ? `${parent}/${path.posix.basename(name)}` : path.posix.basename(name);
    const target = links.get(place);
    const resolved =
      target === undefined ? place : folder(path.posix.resolve('/', parent, target).slice(1), budget - 1);
    known.set(name, resolved);
    return resolved;
  };
  return (name: string): string => {
    const clean = normal(name);
    const parent = folder(parentOf(clean), mostLinks);
    const last = path.posix.basename(clean);
    return parent && last ? `${parent}/${last}` : last;
  };
};

/** What the layers above have decided on. */
class Hidden {
  readonly #gone = new Set<string>();
  readonly #opaque = new Set<string>();
  /** Name → whether it is a folder, under which lower layers show too. */
  readonly #seen = new Map<string, boolean>();

  /** Whether an entry of a lower layer shows. */
  shows(name: string): boolean {
    if (this.#gone.has(name) || this.#seen.has(name)) return false;
    for (let at = name; at !== ''; ) {
      at = parentOf(at);
      if (this.#gone.has(at) || this.#opaque.has(at) || this.#seen.get(at) === false) return false;
    }
    return true;
  }
  add(names: ReadonlyMap<string, boolean>, gone: Iterable<string>, opaque: Iterable<string>): void {
    for (const [name, isFolder] of names) if (!this.#seen.has(name)) this.#seen.set(name, isFolder);
    for (const name of gone) this.#gone.add(name);
    for (const name of opaque) this.#opaque.add(name);
  }
}

/** For each layer (base first) the names of it that show in the end. */
const shownOf = async (layers: readonly Layer[], place: (name: string) => string): Promise<Set<string>[]> => {
  const hidden = new Hidden();
  const shown: Set<string>[] = [];
  for (const layer of layers.toReversed()) {
    const here = new Set<string>();
    const names = new Map<string, boolean>();
    const gone: string[] = [];
    const opaque: string[] = [];
    for await (const { header, skip } of entriesOf(layer)) {
      skip();
      const name = place(header.name);
      const last = path.posix.basename(name);
      if (last === opaqueWhiteout) opaque.push(parentOf(name));
      else if (last.startsWith(whiteout))
        gone.push(path.posix.join(parentOf(name), last.slice(whiteout.length)));
      else {
        if (hidden.shows(name)) here.add(name);
        names.set(name, header.type === 'directory');
      }
    }
    hidden.add(names, gone, opaque);
    shown.unshift(here);
  }
  return shown;
};

/**
 * Writes the file system that the layers (base first) make together as one archive, in which no name leads through a link or out of the
 * root. Throws ArchiveFault, and what the archives' reader says of damage.
 */
export const mergeLayers = async (layers: readonly Layer[], into: Writable): Promise<void> => {
  const place = resolver(await linksOf(layers));
  const shown = await shownOf(layers, place);
  const merged = pack();
  const written = pipeline(merged as unknown as Readable, into);
  written.catch(() => {}); // met at the end, or by the entry that finds the archive closed
  for (const [position, layer] of layers.entries())
    for await (const { header, body, skip } of entriesOf(layer)) {
      const name = place(header.name);
      if (name === '' || !shown[position]?.has(name)) skip();
      else
        await addEntry(
          merged,
          { ...header, name, ...(header.type === 'link' && { linkname: place(header.linkname) }) },
          body,
        );
    }
  merged.finalize();
  await written;
};

/** Extended attributes are left out: the reader takes their bytes for UTF-8, which file capabilities are not. */
const addEntry = (
  merged: ReturnType<typeof pack>,
  { pax: _, ...header }: Header,
  body: AsyncIterable<Buffer>,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const entry = merged.entry(header, (error) => (error ? reject(error) : resolve()));
    const fill = async (): Promise<void> => {
      for await (const piece of body)
        if (!entry.write(piece)) await new Promise<void>((drained) => entry.once('drain', () => drained()));
      entry.end(null);
    };
    fill().catch(reject);
  });
