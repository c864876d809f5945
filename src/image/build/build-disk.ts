import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { sourceFault } from '../import/source-fault.ts';
import { layersOfArchive, layersOfFolder } from './layers.ts';
import { buildLinuxDisk } from './linux-disk.ts';
import { buildWindowsDisk } from './windows-disk.ts';

/** What is no disk, but can be made one: a WIM, an archive of a root file system or container image, a folder in OCI's image layout. */
export type Content = 'wim' | 'tar' | 'oci';

export interface BuildOptions {
  content: Content;
  /** The file or folder, unpacked. */
  from: string;
  /** What the person named, for messages. */
  source: string;
  /** Which system of a WIM. */
  wimIndex: number | undefined;
  /** Where the appliance keeps the loaders that firmware may start. */
  loadersFolder: string | undefined;
  /** The raw file to make. */
  target: string;
  /** Made, and removed at the end; what an interrupted run left there goes first. */
  scratch: string;
  onProgress: (doneBytes: number, totalBytes: number) => void;
  signal: AbortSignal | undefined;
}

/** Throws IMAGE_SOURCE_INVALID when no disk can be made of it, ENOSPC. */
export const buildDisk = async (options: BuildOptions): Promise<void> => {
  const { scratch } = options;
  await rm(scratch, { recursive: true, force: true });
  await mkdir(scratch, { recursive: true, mode: 0o700 });
  try {
    await (options.content === 'wim' ? fromWim(options) : fromRoot(options));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
};

const fromWim = ({ from, wimIndex, target, scratch, onProgress, signal }: BuildOptions): Promise<void> =>
  buildWindowsDisk({ wim: from, index: wimIndex, target, scratch, onProgress, signal });

const fromRoot = async (options: BuildOptions): Promise<void> => {
  const { content, from, source, loadersFolder, target, scratch, signal } = options;
  if (loadersFolder === undefined) throw sourceFault(source, 'there are no loaders at hand to make it start');
  const layers =
    content === 'oci'
      ? await layersOfFolder(from, source)
      : await layersOfArchive(from, source, path.join(scratch, 'archive'), signal);
  await buildLinuxDisk({ layers, source, loaders: loadersFolder, target, scratch, signal });
};
