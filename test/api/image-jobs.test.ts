import test from 'ava';
import type { ImageWork } from '../../src/api/server/image-jobs.ts';
import { createImageJobs } from '../../src/api/server/image-jobs.ts';
import { GreifError } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';
import { manifest, memoryCatalogue } from './appliance.ts';

const jobsOver = (runImport: ImageWork['import'], runExport: ImageWork['export'] = async () => {}) =>
  createImageJobs({
    work: {
      import: runImport,
      export: runExport,
      pull: async () => ({ manifest: manifest(2) }),
      scrub: async () => ({ chunks: 0, bad: [] }),
      importSource: async ({ name }) => ({ name }),
    },
    images: memoryCatalogue(),
    clock: Date.now,
    log: silentLog,
  });

/** An import that its test ends. */
const heldImport = () => {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const runImport: ImageWork['import'] = async ({ signal, onProgress }) => {
    onProgress({ doneBytes: 1, totalBytes: 2, newChunks: 3, reusedChunks: 4 });
    signal.addEventListener('abort', () => reject(signal.reason));
    await promise;
    return manifest(2);
  };
  return { runImport, finish: resolve, fail: reject };
};

test('an import is one job however often it is asked for, and ends with its image', async (t) => {
  const { runImport, finish } = heldImport();
  const jobs = jobsOver(runImport);
  const job = jobs.import({ name: 'debian', path: '/a.raw' });
  t.is(jobs.import({ name: 'debian', path: '/a.raw' }).id, job.id);
  t.like(jobs.get(job.id), { state: 'running', doneBytes: 1, totalBytes: 2, newChunks: 3, reusedChunks: 4 });
  finish();
  await jobs.close();
  t.like(jobs.get(job.id), { state: 'done', imported: 'debian@2' });
  t.throws(() => jobs.get('other'), { code: 'IMPORT_NOT_FOUND' });
});

test('a failed import keeps its code and sentence', async (t) => {
  const { runImport, fail } = heldImport();
  const jobs = jobsOver(runImport);
  const { id } = jobs.import({ name: 'debian', path: '/a.raw' });
  fail(new GreifError('STORE_FULL', 'make room'));
  await jobs.close();
  t.like(jobs.get(id), { state: 'failed', error: { code: 'STORE_FULL', message: 'make room' } });
});

test('a cancelled job stops, and the next call starts it anew', async (t) => {
  const { runImport } = heldImport();
  const jobs = jobsOver(runImport);
  const { id } = jobs.import({ name: 'debian', path: '/a.raw' });
  jobs.cancel(id);
  await jobs.close();
  t.like(jobs.get(id), { state: 'cancelled', error: undefined });
  t.not(jobs.import({ name: 'debian', path: '/a.raw' }).id, id);
  await jobs.close();
});

test('an export is a job of its own', async (t) => {
  const asked: string[] = [];
  const jobs = jobsOver(
    async () => manifest(2),
    async ({ ref, file, onProgress }) => {
      asked.push(`${ref} ${file}`);
      onProgress({ doneBytes: 5, totalBytes: 5 });
    },
  );
  const { id } = jobs.export('debian@1', '/a.greif');
  await jobs.close();
  t.like(jobs.get(id), { kind: 'export', state: 'done', image: 'debian@1', doneBytes: 5 });
  t.deepEqual(asked, ['debian@1 /a.greif']);
});

test('only the last hundred ended jobs are kept', async (t) => {
  const jobs = jobsOver(async () => manifest(2));
  const first = jobs.verify('debian@1');
  await jobs.close();
  for (let count = 0; count < 100; count++) {
    jobs.import({ name: 'debian', path: `/${count}` });
    await jobs.close();
  }
  t.is(jobs.list().length, 100);
  t.throws(() => jobs.get(first.id), { code: 'IMPORT_NOT_FOUND' });
});
