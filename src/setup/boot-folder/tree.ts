import { lstat, mkdir, readlink } from 'node:fs/promises';
import path from 'node:path';
import { runProgram } from '../program.ts';

const libraryFolders = ['lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu'];

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
  /** The shared libraries of this program or library, as files of this tree. */
  libraries(program: string): Promise<{ found: string[]; missing: string[] }>;
  /** Runs a program of the tree with the tree's own libraries: the same bytes on every machine. */
  run(program: string, args: readonly string[], options?: TreeRunOptions): Promise<Buffer>;
}

export const unpackPackages = async (packageFiles: readonly string[], folder: string): Promise<Tree> => {
  await mkdir(folder, { recursive: true });
  for (const file of packageFiles) await runProgram('dpkg-deb', ['--extract', file, folder]);
  return openTree(folder);
};

/** Packages that were unpacked into this folder before. */
export const openTree = (folder: string): Tree => {
  const loader = path.join(folder, 'lib/x86_64-linux-gnu/ld-linux-x86-64.so.2');
  const libraryPath = libraryFolders.map((below) => path.join(folder, below)).join(':');
  const load = ['--inhibit-cache', '--library-path', libraryPath];
  return {
    folder,
    async find(file) {
      for (const below of [file, path.join('usr', file)]) {
        const found = await resolveInside(folder, path.join(folder, below));
        if (found) return found;
      }
      return undefined;
    },
    async libraries(program) {
      const listed = (await runProgram(loader, [...load, '--list', program])).toString();
      return sortLibraries(listed, folder);
    },
    run: (program, args, { as = path.basename(program), ...options } = {}) =>
      runProgram(loader, [...load, '--argv0', as, path.join(folder, program), ...args], options),
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

/** Pure: what `ld.so --list` printed. A library that it took from this machine instead of the tree counts as missing. */
export const sortLibraries = (listed: string, folder: string): { found: string[]; missing: string[] } => {
  const found: string[] = [];
  const missing: string[] = [];
  for (const [, name = '', file = ''] of listed.matchAll(/^\s*(\S+) => (not found|\S+)/gm)) {
    if (file.startsWith(`${folder}/`)) found.push(file);
    else missing.push(path.basename(name));
  }
  return { found, missing };
};
