import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { tool } from '../image/tool.ts';

/** Writes files below a folder; what begins with `-> ` becomes a symbolic link. */
export const writeFiles = async (folder: string, files: Record<string, string | Buffer>): Promise<void> => {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    if (typeof content === 'string' && content.startsWith('-> ')) await symlink(content.slice(3), file);
    else await writeFile(file, content);
  }
};

/** An ISO of a folder, as Debian's and most others' are made: Rock Ridge and Joliet. */
export const makeIso = (folder: string, iso: string, ...more: string[]): Promise<string> =>
  tool('xorriso', '-as', 'mkisofs', '-quiet', '-R', '-J', '-iso-level', '3', ...more, '-o', iso, folder);

/** The same with other names: `-udf`, `-J`, nothing. */
export const makePlainIso = (folder: string, iso: string, ...more: string[]): Promise<string> =>
  tool('genisoimage', '-quiet', '-iso-level', '3', ...more, '-o', iso, folder);
