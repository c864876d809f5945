/** The process in which an import runs (see start-import.ts). */
import { serveApart } from '../../core/serve-apart.ts';
import type { Manifest } from '../format/manifest.ts';
import { openStoreAt } from '../store/store-place.ts';
import type { ImportProgress } from './import.ts';
import { importFile } from './import-file.ts';
import type { ImportRequest } from './start-import.ts';

serveApart<ImportRequest, ImportProgress, Manifest>(async ({ place, ...what }, { report, signal }) =>
  importFile({ ...what, store: await openStoreAt(place), onProgress: report, signal }),
);
