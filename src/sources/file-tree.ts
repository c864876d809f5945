import { z } from 'zod';
import type { Stretch } from '../http/send-bytes.ts';

/** A file of a source and where its bytes are in the source's content, in their order. */
export interface TreeFile {
  /** From the root, with slashes and without one in front. */
  path: string;
  stretches: Stretch[];
}

/** A symbolic link; an absolute target counts from the root of the source. */
export interface TreeLink {
  path: string;
  target: string;
}

export interface FileTree {
  files: TreeFile[];
  links: TreeLink[];
  /** Whether names are found whatever the case of their letters: on media made for Windows. */
  anyCase: boolean;
}

export interface FoundFile {
  sizeBytes: number;
  stretches: readonly Stretch[];
}

const count = z.number().int().nonnegative();

/** How a tree is kept: `[path, at, sizeBytes, at, sizeBytes, …]` a file, which is a tenth of the bytes of objects with names. */
export const keptTreeSchema = z.object({
  anyCase: z.boolean(),
  files: z.array(z.tuple([z.string()], count)),
  links: z.array(z.tuple([z.string(), z.string()])),
});

export type KeptTree = z.infer<typeof keptTreeSchema>;

export const keepTree = ({ files, links, anyCase }: FileTree): KeptTree => ({
  anyCase,
  files: files.map(({ path, stretches }) => [
    path,
    ...stretches.flatMap(({ at, sizeBytes }) => [at, sizeBytes]),
  ]),
  links: links.map(({ path, target }) => [path, target]),
});

const stretchesOf = (numbers: readonly number[]): Stretch[] =>
  Array.from({ length: numbers.length >> 1 }, (_, index) => ({
    at: numbers[2 * index] ?? 0,
    sizeBytes: numbers[2 * index + 1] ?? 0,
  }));

export const readTree = ({ files, links, anyCase }: KeptTree): FileTree => ({
  anyCase,
  files: files.map(([path, ...numbers]) => ({ path, stretches: stretchesOf(numbers) })),
  links: links.map(([path, target]) => ({ path, target })),
});

/** More than any real chain has; a circle ends here. */
const linksAtMost = 40;

/** `a//./b/../c` → `[a, c]`, never above the root. */
const partsOf = (path: string, from: readonly string[] = []): string[] => {
  const parts = path.startsWith('/') ? [] : [...from];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts;
};

/** Finds files by their paths as a file system would, links followed. */
export class TreeLookup {
  readonly #files = new Map<string, FoundFile>();
  readonly #links = new Map<string, string>();
  readonly #key: (path: string) => string;
  readonly paths: readonly string[];

  constructor({ files, links, anyCase }: FileTree) {
    this.#key = anyCase ? (path) => path.toLowerCase() : (path) => path;
    this.paths = files.map(({ path }) => path);
    for (const { path, stretches } of files) {
      const sizeBytes = stretches.reduce((sum, stretch) => sum + stretch.sizeBytes, 0);
      this.#files.set(this.#key(path), { sizeBytes, stretches });
    }
    for (const { path, target } of links) this.#links.set(this.#key(path), target);
  }

  find(path: string): FoundFile | undefined {
    const direct = this.#files.get(this.#key(path));
    if (direct) return direct;
    let parts = partsOf(path);
    for (let followed = 0; followed <= linksAtMost; followed++) {
      const depth = this.#firstLink(parts);
      if (depth === undefined) return this.#files.get(this.#key(parts.join('/')));
      const target = this.#links.get(this.#key(parts.slice(0, depth).join('/'))) ?? '';
      parts = [...partsOf(target, parts.slice(0, depth - 1)), ...parts.slice(depth)];
    }
    return undefined;
  }

  /** How many parts lead to the first link on the way. */
  #firstLink(parts: readonly string[]): number | undefined {
    if (this.#links.size === 0) return undefined;
    for (let depth = 1; depth <= parts.length; depth++)
      if (this.#links.has(this.#key(parts.slice(0, depth).join('/')))) return depth;
    return undefined;
  }
}
