import path from 'node:path';
import { runApart } from '../../core/run-apart.ts';
import type { Manifest } from '../format/manifest.ts';
import type { StorePlace } from '../store/store-place.ts';
import type { ImportProgress } from './import.ts';

export interface ImportRequest {
  place: StorePlace;
  /** What to call it; an export has a name of its own. */
  name?: string | undefined;
  file: string;
  /** Where the chunks of a casync index are: a folder or an http(s) address. */
  chunkStore?: string | undefined;
}

export interface StartImportOptions extends ImportRequest {
  onProgress?: ((progress: ImportProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** `importFile` in a process apart. */
export const startImport = ({
  place,
  name,
  file,
  chunkStore,
  ...rest
}: StartImportOptions): Promise<Manifest> =>
  runApart<ImportRequest, ImportProgress, Manifest>({
    program: path.join(import.meta.dirname, 'import-process.ts'),
    request: { place, name, file, chunkStore },
    ...rest,
  });
