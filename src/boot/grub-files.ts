import { type BootFile, type BootFolder, cleanPath, textFile } from './boot-folder.ts';
import type { BootDesk } from './ports.ts';
import {
  clientOfGrubPath,
  type GrubSite,
  grubEntryPath,
  renderGrubEntry,
  renderGrubScript,
} from './scripts/grub.ts';

/** GRUB's configuration of that path, made anew; `undefined` for a path that is none. */
export const grubFile = async (path: string, desk: BootDesk, site: GrubSite): Promise<string | undefined> => {
  if (path === grubEntryPath) return renderGrubEntry();
  const client = clientOfGrubPath(path);
  return client && renderGrubScript(client, await desk.plan(client, site.serverUrl), site);
};

/** The boot folder, and in it GRUB's configurations, which are made when they are asked for. */
export const withGrubFiles = (folder: BootFolder, desk: BootDesk, site: GrubSite): BootFolder => ({
  async open(requestPath): Promise<BootFile> {
    const path = cleanPath(requestPath);
    const text = await grubFile(path, desk, site);
    return text === undefined ? folder.open(path) : textFile(text);
  },
});
