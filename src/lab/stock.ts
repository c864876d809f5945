import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AdminClient } from '../api/client.ts';
import { GreifError } from '../core/errors.ts';
import { jobDone } from './following.ts';

const pollMs = 200;

export type TellBytes = (doneBytes: number, totalBytes: number) => void;

/**
 * Imports the disk image under `name` unless the store has it from that very file, and resolves with `name@version`.
 * Another appliance on the same store that imports it already is waited for. Throws the import's error.
 */
export const stockImage = async (
  client: AdminClient,
  name: string,
  file: string,
  tell: TellBytes = () => {},
): Promise<string> => {
  for (;;) {
    const present = await newestFrom(client, name, file);
    if (present) return present;
    try {
      return await importAnew(client, name, file, tell);
    } catch (error) {
      if (!(error instanceof GreifError) || error.code !== 'IMAGE_IN_USE') throw error;
      await sleep(pollMs);
    }
  }
};

/** The newest version, if it was made from that very file. */
const newestFrom = async (client: AdminClient, name: string, file: string): Promise<string | undefined> => {
  const newest = (await client.listImages())
    .filter(({ ref }) => ref.startsWith(`${name}@`))
    .sort((a, b) => b.createdAt.localeCompare(a.createdAt))[0];
  if (!newest) return undefined;
  const { source } = (await client.getImage({ params: { image: newest.ref } })).manifest;
  return source.kind === 'file' && source.file === path.basename(file) ? newest.ref : undefined;
};

const importAnew = async (
  client: AdminClient,
  name: string,
  file: string,
  tell: TellBytes,
): Promise<string> => {
  const job = await client.importImage({ body: { name, path: file } });
  const { imported } = await jobDone(client, job, tell);
  if (!imported) throw new GreifError('IMPORT_CANCELLED', `the import of ${file} was stopped`);
  return imported;
};

/** Imports an installer source; one of that name is replaced. Throws the import's error. */
export const stockSource = async (client: AdminClient, name: string, file: string): Promise<void> => {
  await jobDone(client, await client.importSource({ body: { name, path: file } }));
};
