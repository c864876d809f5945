import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import { GreifError } from '../../core/errors.ts';
import { isArchive, openArchive } from '../archive/read-archive.ts';
import type { Manifest } from '../format/manifest.ts';
import { adoptImage } from '../transfer/adopt-image.ts';
import { type ImportOptions, importImage } from './import.ts';
import { unreadableSource } from './source-fault.ts';

export interface ImportFileOptions extends Omit<ImportOptions, 'name'> {
  /** Needed for a disk image; an export keeps its own unless it is told another. */
  name?: string | undefined;
}

/** Brings a file into the store, whatever it is: another appliance's export, or a disk image. Throws what `adoptImage` and `importImage` throw. */
export const importFile = async (options: ImportFileOptions): Promise<Manifest> => {
  const { name, ...rest } = options;
  const file = path.resolve(options.file);
  if (await isExport(file)) return importExport({ ...options, file });
  if (name !== undefined) return importImage({ ...rest, name });
  throw new GreifError(
    'BAD_REQUEST',
    `${path.basename(file)} is a disk image: say what to call it ("greif image import NAME ${path.basename(file)}")`,
  );
};

const isExport = async (file: string): Promise<boolean> => {
  if ((await stat(file).catch(() => undefined))?.isDirectory()) return false;
  const handle = await open(file, 'r').catch(unreadableSource(file));
  return isArchive(handle).finally(() => handle.close());
};

const importExport = async ({ file, ...options }: ImportFileOptions): Promise<Manifest> => {
  const archive = await openArchive(file);
  try {
    return (await adoptImage({ ...options, offer: archive, prove: true })).manifest;
  } finally {
    await archive.close();
  }
};
