import path from 'node:path';
import { runApart } from '../../core/run-apart.ts';
import type { Manifest } from '../format/manifest.ts';
import type { StorePlace } from '../store/store-place.ts';
import type { ImportProgress } from './import.ts';
import type { ImportFileOptions } from './import-file.ts';

export interface ImportRequest extends Omit<ImportFileOptions, 'store' | 'onProgress' | 'signal'> {
  place: StorePlace;
}

export interface StartImportOptions extends ImportRequest {
  onProgress?: ((progress: ImportProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** `importFile` in a process apart. */
export const startImport = ({ onProgress, signal, ...request }: StartImportOptions): Promise<Manifest> =>
  runApart<ImportRequest, ImportProgress, Manifest>({
    program: path.join(import.meta.dirname, 'import-process.ts'),
    request,
    onProgress,
    signal,
  });
