import { mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { layout } from '../../src/lab/debian/recipe.ts';
import { run } from '../../src/lab/program.ts';
import { cacheFolder } from './virtual-room.ts';

const keyName = 'ssh_host_ed25519_key';

const debugfs = (disk: string, request: string, ...options: string[]): Promise<string> =>
  run('debugfs', [...options, '-R', request, `${disk}?offset=${layout.root.firstByte}`]);

/** The public host key in the lab's Debian on that disk. */
export const hostKeyOn = (disk: string): Promise<string> => debugfs(disk, `cat /etc/ssh/${keyName}.pub`);

/**
 * The lab's Debian as people take images: with the golden PC's SSH host key in it, and with no boot loader in the place where firmware looks
 * without an entry. Made once and kept.
 */
export const carelessDisk = async (debian: string): Promise<string> => {
  const file = path.join(cacheFolder, `careless-${path.basename(debian)}`);
  if (await stat(file).catch(() => undefined)) return file;
  const work = await mkdtemp(path.join(cacheFolder, 'careless-'));
  try {
    const draft = path.join(work, 'disk.raw');
    const key = path.join(work, keyName);
    await run('cp', ['--sparse=always', debian, draft]);
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'root@golden', '-f', key]);
    for (const name of [keyName, `${keyName}.pub`])
      await debugfs(draft, `write ${path.join(work, name)} /etc/ssh/${name}`, '-w');
    await run('mdeltree', ['-i', `${draft}@@${layout.esp.firstByte}`, '::EFI/BOOT']);
    if ((await hostKeyOn(draft)) !== (await readFile(`${key}.pub`, 'utf8')).trim())
      throw new Error('debugfs did not put the host key into the image');
    await rename(draft, file);
  } finally {
    await rm(work, { recursive: true });
  }
  return file;
};
