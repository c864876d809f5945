import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { GreifError } from '../core/errors.ts';
import { extractFromWim, listWim, wimHas } from '../image/build/wim.ts';
import type { InstallerSource } from '../sources/source.ts';
import type { SourceStore } from '../sources/source-store.ts';
import { openMadeFolders } from './made-folders.ts';

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

/** The media of the installer sources, as those need them who read no source. */
export interface MediumStore {
  /** Takes as long as copying the medium when it is new. Throws IMAGE_SOURCE_INVALID, SOURCE_INVALID for no medium of Windows, STORE_FULL. */
  get(source: InstallerSource): Promise<Medium>;
  /** The folder with all of the medium's files, copied when it is new. Throws STORE_FULL. */
  unpack(source: InstallerSource): Promise<string>;
}

type Sources = Pick<SourceStore, 'open' | 'list' | 'paths'>;

const noteSchema = z.object({
  images: z.array(z.object({ index: z.number().int(), name: z.string() })),
  hasCurl: z.boolean(),
});
const names = { bootWim: 'boot.wim', curl: 'curl.exe', note: 'medium.json' };
const curlPath = '/Windows/System32/curl.exe';
const pieceBytes = 4 * 1024 ** 2;

const copyOut = async (
  sources: Sources,
  { name }: InstallerSource,
  filePath: string,
  target: string,
): Promise<void> => {
  const file = await sources.open(name, filePath);
  try {
    await using handle = await open(target, 'w');
    const piece = Buffer.allocUnsafeSlow(Math.min(pieceBytes, Math.max(1, file.sizeBytes)));
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

/** Copies install.wim for as long as it is looked into: wimlib reads files only. */
const lookInto = async (sources: Sources, source: InstallerSource, installWim: string, folder: string) => {
  const copy = path.join(folder, 'install.wim');
  await copyOut(sources, source, installWim, copy);
  const images = await listWim(copy);
  const [first] = images;
  const hasCurl = first !== undefined && (await wimHas(copy, first, curlPath));
  if (first && hasCurl) await extractFromWim(copy, first, [curlPath], folder);
  await rm(copy);
  return { images: images.map(({ index, name }) => ({ index, name })), hasCurl };
};

/** Windows' own paths never lead out; somebody else's might. */
const isWithin = (filePath: string): boolean => !filePath.split('/').includes('..');

/** The store in this folder, which is made if it is not there. What belongs to no source any more is removed. */
export const openMediumStore = async (folder: string, sources: Sources): Promise<MediumStore> => {
  const digests = new Set(sources.list().map(({ digest }) => digest));
  const isKept = (digest: string): boolean => digests.has(digest);
  const looked = await openMadeFolders(path.join(folder, 'looked-into'), isKept);
  const unpacked = await openMadeFolders(path.join(folder, 'unpacked'), isKept);

  return {
    async get(source) {
      const { windows, digest, name } = source;
      if (!windows)
        throw new GreifError(
          'SOURCE_INVALID',
          `the installer source ${name} is no installation medium of Windows (sources/boot.wim, boot/bcd, boot/boot.sdi)`,
        );
      const place = await looked.get(digest, async (draft) => {
        await copyOut(sources, source, windows.bootWim, path.join(draft, names.bootWim));
        // A split one (install.swm) is for Setup only.
        const note =
          windows.installWim === undefined || /\.swm$/i.test(windows.installWim)
            ? { images: [], hasCurl: false }
            : await lookInto(sources, source, windows.installWim, draft);
        await writeFile(path.join(draft, names.note), JSON.stringify(note), { flush: true });
      });
      const { images, hasCurl } = noteSchema.parse(
        JSON.parse(await readFile(path.join(place, names.note), 'utf8')),
      );
      const curl = hasCurl ? path.join(place, names.curl) : undefined;
      return { digest, bootWim: path.join(place, names.bootWim), curl, images };
    },
    unpack: (source) =>
      unpacked.get(source.digest, async (draft) => {
        for (const filePath of (await sources.paths(source.name)).filter(isWithin)) {
          const target = path.join(draft, filePath);
          await mkdir(path.dirname(target), { recursive: true });
          await copyOut(sources, source, filePath, target);
        }
      }),
  };
};
