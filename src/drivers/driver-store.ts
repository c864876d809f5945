import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GreifError } from '../core/errors.ts';
import { sha256Hex } from '../core/ids.ts';
import { unlessPathMissing } from '../core/missing.ts';
import { decodeInf, parseInf } from './inf.ts';
import type { DmiMatch } from './match.ts';
import { type DriverPackage, driverPackageSchema } from './package.ts';

/** A graphics driver is a gigabyte; no package is ten of them. */
const packageAtMost = 8 * 1024 ** 3;
const infAtMost = 16 * 1024 ** 2;

export interface StoredDriver {
  driver: DriverPackage;
  /** The package's description as it is kept, and its SHA-256. */
  text: string;
  digest: string;
}

/** Driver packages for Windows, a folder each. */
export interface DriverStore {
  /** By name. */
  list(): Promise<StoredDriver[]>;
  /** Throws DRIVER_NOT_FOUND. */
  get(name: string): Promise<StoredDriver>;
  /** Copies the folder; one of the same name is replaced. Throws DRIVER_INVALID, STORE_FULL. */
  add(request: {
    name: string;
    folder: string;
    match?: DmiMatch | undefined;
    at: string;
  }): Promise<StoredDriver>;
  /** Throws DRIVER_NOT_FOUND. */
  remove(name: string): Promise<void>;
  /** The bytes of one of the package's files; throws DRIVER_NOT_FOUND. */
  read(name: string, digest: string): Promise<{ sizeBytes: number; stream(): NodeJS.ReadableStream }>;
}

const invalid = (folder: string, reason: string, cause?: unknown): GreifError =>
  new GreifError('DRIVER_INVALID', `${folder} is no driver package: ${reason}`, { cause });

interface FoundFile {
  /** From the folder, with slashes. */
  path: string;
  sizeBytes: number;
}

/** Every plain file below; links lead who knows where and are refused. */
const findFiles = async (folder: string): Promise<FoundFile[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause) => {
    throw invalid(folder, `it cannot be read on the appliance (${cause.code})`, cause);
  });
  const files: FoundFile[] = [];
  for (const entry of entries) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isDirectory()) continue;
    if (!entry.isFile()) throw invalid(folder, `${file} is a link or no file`);
    files.push({ path: path.relative(folder, file), sizeBytes: (await lstat(file)).size });
  }
  return files.sort((one, other) => (one.path < other.path ? -1 : 1));
};

/** Copies a file and hashes what was copied. */
const copyHashed = async (from: string, to: string): Promise<{ sizeBytes: number; digest: string }> => {
  const sum = createHash('sha256');
  let sizeBytes = 0;
  const hashing = new Transform({
    transform(bytes: Buffer, _encoding, done) {
      sum.update(bytes);
      sizeBytes += bytes.length;
      done(null, bytes);
    },
  });
  await mkdir(path.dirname(to), { recursive: true });
  await pipeline(createReadStream(from), hashing, createWriteStream(to, { flush: true }));
  return { sizeBytes, digest: sum.digest('hex') };
};

const readInf = async (folder: string, file: FoundFile) => {
  if (file.sizeBytes > infAtMost) throw invalid(folder, `${file.path} is too large for an .inf`);
  const facts = parseInf(decodeInf(await readFile(path.join(folder, file.path))));
  return { path: file.path, ...facts };
};

const storeFull = (cause: unknown): unknown =>
  (cause as NodeJS.ErrnoException).code === 'ENOSPC'
    ? new GreifError(
        'STORE_FULL',
        'the disk of the driver store is full: make room, then add the package again',
        {
          cause,
        },
      )
    : cause;

/** The store in this folder, which is made if it is not there. */
export const openDriverStore = async (root: string): Promise<DriverStore> => {
  await mkdir(root, { recursive: true });
  const unfinished = (await readdir(root)).filter((name) => name.startsWith('.'));
  for (const name of unfinished) await rm(path.join(root, name), { recursive: true, force: true });

  const read = async (name: string): Promise<StoredDriver | undefined> => {
    const text = await readFile(path.join(root, name, 'package.json'), 'utf8').catch(unlessPathMissing);
    if (text === undefined) return undefined;
    return { driver: driverPackageSchema.parse(JSON.parse(text)), text, digest: sha256Hex(text) };
  };
  const get = async (name: string): Promise<StoredDriver> => {
    const found = await read(name);
    if (found) return found;
    throw new GreifError(
      'DRIVER_NOT_FOUND',
      `there is no driver package "${name}": greif driver list shows them all`,
    );
  };

  const copyInto = async (draft: string, folder: string): Promise<Pick<DriverPackage, 'files' | 'infs'>> => {
    const found = await findFiles(folder);
    const total = found.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    if (total > packageAtMost) throw invalid(folder, `it has ${total} bytes, ${packageAtMost} are allowed`);
    const infFiles = found.filter((file) => /\.inf$/i.test(file.path));
    if (infFiles.length === 0)
      throw invalid(
        folder,
        'there is no .inf in it: unpack the driver first, so that its files lie in the folder',
      );
    const infs = [];
    for (const file of infFiles) infs.push(await readInf(folder, file));
    const files = [];
    for (const file of found)
      files.push({
        path: file.path,
        ...(await copyHashed(path.join(folder, file.path), path.join(draft, 'files', file.path))),
      });
    return { files, infs };
  };

  return {
    get,
    async list() {
      const all = await Promise.all((await readdir(root)).filter((name) => !name.startsWith('.')).map(read));
      return all
        .filter((one) => one !== undefined)
        .sort((one, other) => (one.driver.name < other.driver.name ? -1 : 1));
    },
    async add({ name, folder, match, at }) {
      const draft = path.join(root, `.${name}.${randomBytes(6).toString('hex')}`);
      try {
        const described = { name, addedAt: at, ...(match && { match }), ...(await copyInto(draft, folder)) };
        const checked = driverPackageSchema.safeParse(described);
        if (!checked.success) {
          const [issue] = checked.error.issues;
          throw invalid(folder, `${issue?.path.join('.')}: ${issue?.message}`);
        }
        await writeFile(path.join(draft, 'package.json'), JSON.stringify(checked.data, null, 1), {
          flush: true,
        });
        await rm(path.join(root, name), { recursive: true, force: true });
        await rename(draft, path.join(root, name));
      } catch (error) {
        throw storeFull(error);
      } finally {
        await rm(draft, { recursive: true, force: true });
      }
      return get(name);
    },
    async remove(name) {
      await get(name);
      await rm(path.join(root, name), { recursive: true, force: true });
    },
    async read(name, digest) {
      const { driver } = await get(name);
      const file = driver.files.find((one) => one.digest === digest);
      if (!file)
        throw new GreifError('DRIVER_NOT_FOUND', `the driver package ${name} has no such file any more`);
      const place = path.join(root, name, 'files', file.path);
      const handle = await open(place);
      return { sizeBytes: file.sizeBytes, stream: () => handle.createReadStream() };
    },
  };
};
