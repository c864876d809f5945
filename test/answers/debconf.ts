import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A debconf of its own in a folder of its own: the machine's answers stay as they are. */
export const openDebconf = async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'greif-debconf-'));
  const file = (name: string): string => path.join(folder, name);
  const database = (name: string): string =>
    `Name: ${name}\nDriver: File\nMode: 644\nFilename: ${file(`${name}.dat`)}\n`;
  await writeFile(
    file('debconf.conf'),
    `Config: configdb\nTemplates: templatedb\n\n${database('configdb')}\n${database('templatedb')}`,
  );
  const env = { ...process.env, DEBCONF_SYSTEMRC: file('debconf.conf'), DEBIAN_FRONTEND: 'noninteractive' };
  const setSelections = async (preseed: string, ...options: string[]) => {
    await writeFile(file('preseed.cfg'), preseed);
    const { stdout, stderr } = await run('debconf-set-selections', [...options, file('preseed.cfg')], {
      env,
    });
    return stdout + stderr;
  };
  return {
    /** What debconf-set-selections has to say of the file: nothing of a good one. */
    check: (preseed: string): Promise<string> => setSelections(preseed, '--checkonly'),
    /** The values that debconf holds after it has read the file, by question. */
    async read(preseed: string): Promise<Map<string, string>> {
      for (const name of ['configdb', 'templatedb']) await rm(file(`${name}.dat`), { force: true });
      await setSelections(preseed);
      const { stdout } = await run('debconf-show', ['--db=configdb', 'd-i'], { env, maxBuffer: 2 ** 24 });
      return new Map(
        stdout.split('\n').flatMap((line) => {
          const [, name, value] = /^\* ([^:]+): ?(.*)$/s.exec(line) ?? [];
          return name === undefined ? [] : [[name, value ?? '']];
        }),
      );
    },
    close: () => rm(folder, { recursive: true }),
  };
};
