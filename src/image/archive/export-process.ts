/** The process in which an export runs (see start-export.ts). */
import { serveApart } from '../../core/serve-apart.ts';
import { openStoreAt } from '../store/store-place.ts';
import { exportImage } from './export-image.ts';
import type { ExportRequest } from './start-export.ts';

serveApart<ExportRequest, { doneBytes: number; totalBytes: number }, null>(
  async ({ place, ref, file }, { report, signal }) => {
    await exportImage({ store: await openStoreAt(place), ref, file, onProgress: report, signal });
    return null;
  },
);
