/** Real DHCP clients, and what they were given. */
import { chmod, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { environment, folder, type Host } from './network.ts';

/** Hands the client's variables on; configures nothing unless asked to. */
export const clientScript = async (
  name: string,
  more = '',
): Promise<{ file: string; read(): Promise<Record<string, string>> }> => {
  const file = path.join(folder, `${name}.sh`);
  const to = path.join(folder, `${name}.env`);
  await writeFile(file, `#!/bin/sh\nset > ${to}\n${more}\nexit 0\n`);
  await chmod(file, 0o755);
  return {
    file,
    read: async () => environment((await readFile(to, 'utf8')).replaceAll(/='(.*)'$/gm, '=$1')),
  };
};

/** udhcpc on an interface of a host until it has a lease; `failed` when it gets none. */
export const udhcpc = async (host: Host, face: string, args: string[] = [], more = '') => {
  const { file, read } = await clientScript(face, more);
  const output = await host
    .run('busybox', 'udhcpc', '-i', face, '-n', '-q', '-f', '-t', '3', '-T', '1', '-s', file, ...args)
    .catch(() => 'failed');
  return output === 'failed' ? output : read();
};
