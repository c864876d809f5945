import { lstat, mkdir, readFile, readlink } from 'node:fs/promises';
import path from 'node:path';
import { runProgram } from '../program.ts';
import { type Architecture, systems } from './architecture.ts';
import { neededLibraries } from './elf.ts';

export interface TreeRunOptions {
  cwd?: string;
  input?: string | Buffer;
  /** The name it is called by, where that decides what it does. */
  as?: string;
}

/** Unpacked Debian packages in one folder: their files are used from here, nothing is installed. */
export interface Tree {
  readonly folder: string;
  /** The real file for a path of the packages, whether they ship it below `/usr` or not; `undefined` if they have none. */
  find(file: string): Promise<string | undefined>;
  /** All shared libraries that this program or library needs, by their paths in this tree; nothing is run for it. */
  libraries(program: string): Promise<{ found: string[]; missing: string[] }>;
  /** Runs a program of a tree for x64 with the tree's own libraries: the same bytes on every machine. */
  run(program: string, args: readonly string[], options?: TreeRunOptions): Promise<Buffer>;
}

export const unpackPackages = async (
  packageFiles: readonly string[],
  folder: string,
  architecture: Architecture = 'x64',
): Promise<Tree> => {
  await mkdir(folder, { recursive: true });
  for (const file of packageFiles) await runProgram('dpkg-deb', ['--extract', file, folder]);
  return openTree(folder, architecture);
};

/** Packages that were unpacked into this folder before. */
export const openTree = (folder: string, architecture: Architecture = 'x64'): Tree => {
  const { libraryFolder, libraryLoader } = systems[architecture];
  const libraryFolders = [`lib/${libraryFolder}`, `usr/lib/${libraryFolder}`];
  const find = async (file: string): Promise<string | undefined> => {
    for (const below of [file, path.join('usr', file)]) {
      const found = await resolveInside(folder, path.join(folder, below));
      if (found) return found;
    }
    return undefined;
  };
  const findLibrary = async (name: string): Promise<string | undefined> => {
    for (const below of libraryFolders)
      if (await resolveInside(folder, path.join(folder, below, name))) return path.join(below, name);
    return undefined;
  };
  const loader = path.join(folder, `lib/${libraryFolder}`, path.basename(libraryLoader));
  const libraryPath = libraryFolders.map((below) => path.join(folder, below)).join(':');
  return {
    folder,
    find,
    async libraries(program) {
      const found = new Set<string>();
      const missing = new Set<string>();
      const collect = async (file: string): Promise<void> => {
        for (const name of neededLibraries(await readFile(file), path.basename(file))) {
          if (name === path.basename(libraryLoader)) continue;
          const library = await findLibrary(name);
          if (library === undefined) missing.add(name);
          else if (!found.has(library)) {
            found.add(library);
            await collect((await find(library)) ?? '');
          }
        }
      };
      await collect(program);
      return { found: [...found], missing: [...missing] };
    },
    run: (program, args, { as = path.basename(program), ...options } = {}) => {
      const load = ['--inhibit-cache', '--library-path', libraryPath, '--argv0', as];
      return runProgram(loader, [...load, path.join(folder, program), ...args], options);
    },
  };
};

/** Follows links as if the tree were the root; an absolute target must not lead to this machine's own files. */
const resolveInside = async (root: string, file: string, depth = 0): Promise<string | undefined> => {
  const found = await lstat(file).catch(() => undefined);
  if (!found?.isSymbolicLink()) return found?.isFile() ? file : undefined;
  if (depth > 8) return undefined;
  const target = await readlink(file);
  const next = path.isAbsolute(target) ? path.join(root, target) : path.join(path.dirname(file), target);
  return resolveInside(root, next, depth + 1);
};
