import { statSync } from 'node:fs';
import path from 'node:path';
import { sha256Hex } from '../../../src/core/ids.ts';
import { findFileSystem } from '../../../src/image/disk/file-system.ts';
import { minimumDiskBytes, planStretches } from '../../../src/image/disk/stretches.ts';
import type { Manifest, Volume } from '../../../src/image/format/manifest.ts';
import { sampleKey } from '../../image/sample-key.ts';
import { type Cut, cutVolume, type SampleImage } from '../sample-image.ts';
import { tableOf } from './many-file-systems.ts';

/** A disk's file as an import takes it, gaps and logical partitions included; `minimumBytes` by partition number. */
export const cutDisk = async (
  file: string,
  minimumBytes: Record<number, number> = {},
): Promise<SampleImage> => {
  const { size } = statSync(file);
  const table = await tableOf(file, size);
  const cut: Cut = { chunks: new Map(), indexes: new Map() };
  const volumes: Volume[] = [];
  for (const stretch of planStretches(table)) {
    const found = stretch.kind === 'partition' ? await findFileSystem(file, stretch) : undefined;
    const least = minimumBytes[stretch.partition ?? 0];
    const fileSystem = found && { ...found, ...(least !== undefined && { minimumBytes: least }) };
    const volume = await cutVolume(file, { ...stretch, ...(fileSystem && { fileSystem }) }, cut);
    if (volume.kind !== 'gap' || volume.dataBytes > 0) volumes.push(volume);
  }
  const manifest: Manifest = {
    format: 'greif-image/1',
    name: 'sample',
    version: 1,
    createdAt: new Date(0).toISOString(),
    source: { kind: 'file', file: path.basename(file), format: 'raw' },
    diskSizeBytes: size,
    minimumDiskBytes: minimumDiskBytes(table),
    contentDigest: sha256Hex('sample'),
    table,
    volumes,
  };
  const text = JSON.stringify(manifest);
  return { file, manifest, text, digest: sha256Hex(text), signature: sampleKey.sign(text), ...cut };
};
