import path from 'node:path';
import { runApart } from '../../core/run-apart.ts';
import type { StorePlace } from '../store/store-place.ts';
import type { ExportOptions } from './export-image.ts';

export interface ExportRequest extends Pick<ExportOptions, 'ref' | 'file'> {
  place: StorePlace;
}

export interface StartExportOptions extends ExportRequest, Pick<ExportOptions, 'onProgress' | 'signal'> {}

/** `exportImage` in a process apart: every chunk is hashed on its way. */
export const startExport = async ({ place, ref, file, ...rest }: StartExportOptions): Promise<void> => {
  await runApart<ExportRequest, { doneBytes: number; totalBytes: number }, null>({
    program: path.join(import.meta.dirname, 'export-process.ts'),
    request: { place, ref, file },
    ...rest,
  });
};
