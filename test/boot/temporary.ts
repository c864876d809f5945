import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ExecutionContext } from 'ava';

/** A folder that goes when the test ends, with the files given in it. */
export const temporaryFolder = async (
  t: ExecutionContext,
  files: Record<string, string | Buffer> = {},
): Promise<string> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'greif-boot-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), content);
  }
  return folder;
};
