/**
 * Runs in a mount namespace of its own: `node full-store-steps.ts STORE DISK MOUNTS`, where STORE is a small tmpfs. Prints what
 * happened as JSON: the first import into the full store, then the second after space was made.
 */
import { execFileSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { asGreifError } from '../../src/core/errors.ts';
import { type ImportProgress, importImage } from '../../src/image/import/import.ts';
import { storeWithKeys } from './store-with-keys.ts';

const [, , folder = '', file = ''] = process.argv;
const store = await storeWithKeys(folder);
const failure = await importImage({ name: 'debian', file, store }).then(
  () => undefined,
  (thrown) => asGreifError(thrown),
);
const left = {
  images: (await store.list()).length,
  halfWritten: (await readdir(path.join(folder, 'incoming'))).length,
  indexes: (await readdir(path.join(folder, 'indexes'))).length,
};
execFileSync('mount', ['-o', 'remount,size=256m', folder]);
let last: ImportProgress | undefined;
const manifest = await importImage({ name: 'debian', file, store, onProgress: (now) => (last = now) });
const verified = await store.verify('debian');
console.log(
  JSON.stringify({
    failure: { code: failure?.code, message: failure?.message },
    left,
    retry: { version: manifest.version, bad: verified.bad.length, ...last },
  }),
);
