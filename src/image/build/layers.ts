import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { z } from 'zod';
import { runTool } from '../import/run-tool.ts';
import { sourceFault } from '../import/source-fault.ts';
import { detectContainer } from '../import/source-format.ts';
import type { Layer } from './merge-layers.ts';

const digestSchema = z.string().regex(/^sha256:[0-9a-f]{64}$/);
/** OCI image specification, descriptor.md. */
const descriptorSchema = z.object({
  mediaType: z.string().optional(),
  digest: digestSchema,
  platform: z.object({ os: z.string(), architecture: z.string() }).optional(),
});
type Descriptor = z.infer<typeof descriptorSchema>;
const indexSchema = z.object({ manifests: z.array(descriptorSchema) });
const imageSchema = z.object({ layers: z.array(descriptorSchema) });
/** What `docker save` writes beside or instead of an OCI layout. */
const savedSchema = z.array(z.object({ Layers: z.array(z.string()) }));

/** A folder of an image's blobs; every file is proven to lie in it. */
class ImageFolder {
  readonly folder: string;
  readonly source: string;
  constructor(folder: string, source: string) {
    this.folder = folder;
    this.source = source;
  }
  fault(problem: string, cause?: unknown) {
    return sourceFault(this.source, problem, cause);
  }
  async place(name: string): Promise<string> {
    const file = await realpath(path.join(this.folder, name)).catch((cause) => {
      throw this.fault(`${name} is missing in it: it is no whole image`, cause);
    });
    if (!file.startsWith(`${await realpath(this.folder)}/`) || !(await stat(file)).isFile())
      throw this.fault(`${name} in it is no file of its own`);
    return file;
  }
  async json<T>(name: string, schema: z.ZodType<T>): Promise<T> {
    try {
      return schema.parse(JSON.parse(await readFile(await this.place(name), 'utf8')));
    } catch (cause) {
      if (cause instanceof SyntaxError || cause instanceof z.ZodError)
        throw this.fault(`${name} in it is not what the OCI image specification describes`, cause);
      throw cause;
    }
  }
  /** A blob whose bytes are proven to be those of its digest. */
  async blob({ digest }: Descriptor): Promise<string> {
    const name = `blobs/${digest.replace(':', '/')}`;
    const file = await this.place(name);
    const hash = createHash('sha256');
    await pipeline(createReadStream(file, { highWaterMark: 1024 * 1024 }), hash);
    if (`sha256:${hash.digest('hex')}` !== digest) throw this.fault(`${name} in it is damaged`);
    return name;
  }
}

const forThisProcessor = ({ platform }: Descriptor): boolean =>
  platform === undefined || (platform.os === 'linux' && platform.architecture === 'amd64');

const isIndex = ({ mediaType }: Descriptor): boolean => /index|manifest\.list/.test(mediaType ?? '');

/** The one image for x64 PCs that the index leads to. */
const layersOfIndex = async (image: ImageFolder, name: string, depth = 0): Promise<string[]> => {
  const { manifests } = await image.json(name, indexSchema);
  const [found, ...others] = manifests.filter(forThisProcessor);
  if (!found || depth > 4) throw image.fault('it holds no image for linux/amd64');
  if (others.length > 0)
    throw image.fault(`it holds ${others.length + 1} images for linux/amd64: save one of them alone`);
  const blob = await image.blob(found);
  if (isIndex(found)) return layersOfIndex(image, blob, depth + 1);
  const { layers } = await image.json(blob, imageSchema);
  const names: string[] = [];
  for (const layer of layers) names.push(await image.blob(layer));
  return names;
};

const layersOfSaved = async (image: ImageFolder): Promise<string[]> => {
  const [found, ...others] = await image.json('manifest.json', savedSchema);
  if (!found) throw image.fault('it holds no image');
  if (others.length > 0) throw image.fault(`it holds ${others.length + 1} images: save one of them alone`);
  return found.Layers;
};

const unpacked = async (file: string): Promise<Layer> => {
  const container = await detectContainer(file);
  const bytes = (): Readable => createReadStream(file, { highWaterMark: 1024 * 1024 });
  if (container === 'gzip') return () => bytes().pipe(createGunzip());
  if (container === 'zstd') return () => bytes().pipe(createZstdDecompress());
  return bytes;
};

const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

/** The layers of an OCI image layout, or of what `docker save` wrote, in that folder; base first. Throws IMAGE_SOURCE_INVALID. */
export const layersOfFolder = async (folder: string, source: string): Promise<Layer[]> => {
  const image = new ImageFolder(folder, source);
  const isLayout = await exists(path.join(folder, 'index.json'));
  const names = isLayout ? await layersOfIndex(image, 'index.json') : await layersOfSaved(image);
  if (names.length === 0) throw image.fault('its image has no layer');
  return Promise.all(names.map(async (name) => unpacked(await image.place(name))));
};

const marks = ['oci-layout', './oci-layout', 'manifest.json', './manifest.json'];

/**
 * The layers in a tar archive: those of an image (OCI layout, `docker save`), which is first unpacked into `folder`, or else the archive
 * itself, a root file system. Throws IMAGE_SOURCE_INVALID.
 */
export const layersOfArchive = async (
  archive: string,
  source: string,
  folder: string,
  signal?: AbortSignal,
): Promise<Layer[]> => {
  const { output } = await runTool('tar', ['--list', '--occurrence=1', '--file', archive, ...marks], signal);
  if (output === '') return [() => createReadStream(archive, { highWaterMark: 1024 * 1024 })];
  await mkdir(folder, { recursive: true });
  const keep = ['--no-same-owner', '--no-same-permissions', '--directory', folder];
  const { status, complaint } = await runTool('tar', ['--extract', '--file', archive, ...keep], signal);
  if (status !== 0) throw sourceFault(source, `it cannot be unpacked (${complaint})`);
  return layersOfFolder(folder, source);
};
