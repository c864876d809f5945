import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AdminClient } from '../api/client.ts';
import { GreifError, isErrorCode } from '../core/errors.ts';

const pollMs = 200;

export type TellBytes = (doneBytes: number, totalBytes: number) => void;

/**
 * Imports the disk image under `name` unless the store has it from that very file, and resolves with `name@version`.
 * Throws the import's error.
 */
export const stockImage = async (
  client: AdminClient,
  name: string,
  file: string,
  tell: TellBytes = () => {},
): Promise<string> => {
  const latest = (await client.listImages())
    .filter(({ ref }) => ref.startsWith(`${name}@`))
    .sort((a, b) => b.createdAt.localeCompare(a.createdAt))[0];
  if (latest) {
    const { manifest } = await client.getImage({ params: { image: latest.ref } });
    if (path.basename(manifest.source.file) === path.basename(file)) return latest.ref;
  }
  let job = await client.importImage({ body: { name, path: file } });
  while (job.state === 'running') {
    tell(job.doneBytes, job.totalBytes);
    await sleep(pollMs);
    job = await client.getJob({ params: { id: job.id } });
  }
  const { error, imported } = job;
  if (error) throw new GreifError(isErrorCode(error.code) ? error.code : 'INTERNAL', error.message);
  if (!imported) throw new GreifError('IMPORT_CANCELLED', `the import of ${file} was stopped`);
  return imported;
};
