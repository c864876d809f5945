import { mkdir, mkdtemp, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { GreifError } from '../core/errors.ts';
import { unlessMissing } from '../core/missing.ts';
import { extractFromWim, listWim, wimHas } from '../image/build/wim.ts';
import type { InstallerSource } from '../sources/source.ts';
import { orSourcesFull } from '../sources/source-space.ts';
import type { SourceStore } from '../sources/source-store.ts';

/** What of a Windows medium must lie on the disk as files of their own, for wimlib, and what its install.wim holds. */
export interface Medium {
  /** Of the source. */
  digest: string;
  bootWim: string;
  /** Windows' own curl; `undefined`: this Windows has none (before 10 1803), and its Windows PE cannot fetch over HTTP. */
  curl?: string | undefined;
  /** Systems of install.wim. */
  images: { index: number; name: string }[];
}

/** The media of the installer sources, looked into once each. */
export interface MediumStore {
  /** Takes as long as copying the medium when it is new. Throws IMAGE_SOURCE_INVALID, SOURCE_INVALID for no medium of Windows, STORE_FULL. */
  get(source: InstallerSource): Promise<Medium>;
}

const noteSchema = z.object({
  images: z.array(z.object({ index: z.number().int(), name: z.string() })),
  hasCurl: z.boolean(),
});
const names = { bootWim: 'boot.wim', curl: 'curl.exe', note: 'medium.json' };
const draftPrefix = '.draft-';
const curlPath = '/Windows/System32/curl.exe';
const pieceBytes = 4 * 1024 ** 2;

const copyOut = async (
  sources: Pick<SourceStore, 'open'>,
  { name }: InstallerSource,
  filePath: string,
  target: string,
): Promise<void> => {
  const file = await sources.open(name, filePath);
  try {
    await using handle = await open(target, 'w');
    const piece = Buffer.allocUnsafeSlow(pieceBytes);
    for (let at = 0; at < file.sizeBytes; ) {
      const count = await file.read(piece, at);
      if (count === 0) throw new Error(`${filePath} of the source ${name} is shorter than it should be`);
      await handle.writeFile(piece.subarray(0, count));
      at += count;
    }
  } finally {
    await file.close();
  }
};

/** The store in this folder, which is made if it is not there. What belongs to no source any more is removed. */
export const openMediumStore = async (
  folder: string,
  sources: Pick<SourceStore, 'open' | 'list'>,
): Promise<MediumStore> => {
  await mkdir(folder, { recursive: true });
  const known = new Set(sources.list().map(({ digest }) => digest));
  for (const name of await readdir(folder))
    if (!known.has(name)) await rm(path.join(folder, name), { recursive: true });
  const underWay = new Map<string, Promise<Medium>>();

  const find = async (digest: string): Promise<Medium | undefined> => {
    const place = (name: string) => path.join(folder, digest, name);
    const text = await readFile(place(names.note), 'utf8').catch(unlessMissing);
    if (text === undefined) return undefined;
    const { images, hasCurl } = noteSchema.parse(JSON.parse(text));
    return { digest, bootWim: place(names.bootWim), curl: hasCurl ? place(names.curl) : undefined, images };
  };

  /** Copies install.wim for as long as it is looked into: wimlib reads files only. */
  const lookInto = async (source: InstallerSource, installWim: string, draft: string) => {
    const copy = path.join(draft, 'install.wim');
    await copyOut(sources, source, installWim, copy);
    const images = await listWim(copy);
    const [first] = images;
    const hasCurl = first !== undefined && (await wimHas(copy, first, curlPath));
    if (first && hasCurl) await extractFromWim(copy, first, [curlPath], draft);
    await rm(copy);
    return { images: images.map(({ index, name }) => ({ index, name })), hasCurl };
  };

  const take = async (source: InstallerSource): Promise<Medium> => {
    const { windows, digest, name } = source;
    if (!windows)
      throw new GreifError(
        'SOURCE_INVALID',
        `the installer source ${name} is no installation medium of Windows (sources/boot.wim, boot/bcd, boot/boot.sdi)`,
      );
    const draft = await mkdtemp(path.join(folder, draftPrefix));
    try {
      await copyOut(sources, source, windows.bootWim, path.join(draft, names.bootWim));
      // A split one (install.swm) is for Setup only.
      const note =
        windows.installWim === undefined || /\.swm$/i.test(windows.installWim)
          ? { images: [], hasCurl: false }
          : await lookInto(source, windows.installWim, draft);
      await writeFile(path.join(draft, names.note), JSON.stringify(note), { flush: true });
      await rename(draft, path.join(folder, digest));
    } catch (fault) {
      throw orSourcesFull(fault);
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
    return (await find(digest)) as Medium;
  };

  return {
    async get(source) {
      const found = await find(source.digest);
      if (found) return found;
      const running =
        underWay.get(source.digest) ?? take(source).finally(() => underWay.delete(source.digest));
      underWay.set(source.digest, running);
      return running;
    },
  };
};
