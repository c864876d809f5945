import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type Header, pack } from 'tar-stream';

export type Entry = Partial<Header> & { name: string; text?: string | Buffer };

/** The bytes of a tar archive: the same for the same entries. */
export const tar = (entries: readonly Entry[]): Promise<Buffer> => {
  const archive = pack();
  for (const { text = '', ...header } of entries) archive.entry({ mtime: new Date(0), ...header }, text);
  archive.finalize();
  return buffer(archive as unknown as Readable);
};

export const file = (name: string, text: string | Buffer = name): Entry => ({ name, text });
export const folder = (name: string, mode = 0o755): Entry => ({ name, type: 'directory', mode });
export const link = (name: string, linkname: string): Entry => ({ name, type: 'symlink', linkname });
