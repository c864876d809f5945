/** The process in which an import runs (see start-import.ts). It ends with whoever started it. */
import { asGreifError } from '../../core/errors.ts';
import { openKeyRing } from '../keys/key-ring.ts';
import { openImageStore } from '../store/image-store.ts';
import { importImage } from './import.ts';
import type { ImportMessage, ImportRequest } from './import-messages.ts';

const progressMilliseconds = 200;

const tell = (message: ImportMessage): Promise<void> =>
  new Promise((resolve) => (process.connected ? process.send?.(message, () => resolve()) : resolve()));

const run = async (
  { folder, keysFolder, name, file }: ImportRequest,
  signal: AbortSignal,
): Promise<ImportMessage> => {
  let told = 0;
  try {
    const store = await openImageStore(folder, await openKeyRing(keysFolder));
    const manifest = await importImage({
      name,
      file,
      store,
      signal,
      onProgress(progress) {
        const now = performance.now();
        if (now - told < progressMilliseconds && progress.doneBytes < progress.totalBytes) return;
        told = now;
        void tell({ kind: 'progress', progress });
      },
    });
    return { kind: 'done', manifest };
  } catch (thrown) {
    const { code, message } = asGreifError(thrown);
    return { kind: 'failed', code, message };
  }
};

const stop = new AbortController();
for (const end of ['disconnect', 'SIGTERM']) process.once(end, () => stop.abort());
process.once('message', async (request: ImportRequest) => {
  await tell(await run(request, stop.signal));
  process.exit();
});
