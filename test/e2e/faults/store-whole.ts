import assert from 'node:assert/strict';
import type { AdminClient } from '../../../src/api/client.ts';
import { jobDone } from '../../../src/lab/following.ts';

/** Collects garbage; then every chunk of every image must be there and whole. */
export const assertStoreWhole = async (client: AdminClient): Promise<void> => {
  const { damagedPacks } = await client.collectGarbage();
  assert.deepEqual(damagedPacks, []);
  for (const { ref: image } of await client.listImages()) {
    const job = await jobDone(client, await client.verifyImage({ params: { image }, query: {} }));
    assert.deepEqual([job.verification?.bad, job.verification?.packs], [[], []], image);
  }
};
