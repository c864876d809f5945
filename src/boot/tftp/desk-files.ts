import { parseMac } from '../../core/mac.ts';
import { type BootFile, type BootFolder, cleanPath, textFile } from '../boot-folder.ts';
import type { BootDesk } from '../ports.ts';
import type { ScriptSite } from '../scripts/agent-arguments.ts';
import { grubEntryPath, macOfGrubPath, renderGrubEntry, renderGrubScript } from '../scripts/grub.ts';

/** The boot folder, and in it GRUB's configurations, which are made when they are asked for. */
export const withGrubFiles = (folder: BootFolder, desk: BootDesk, site: ScriptSite): BootFolder => ({
  async open(requestPath): Promise<BootFile> {
    const path = cleanPath(requestPath);
    if (path === grubEntryPath) return textFile(renderGrubEntry());
    const mac = macOfGrubPath(path);
    if (mac === undefined) return folder.open(path);
    const client = { mac: parseMac(mac), arch: 'uefi-x64' } as const;
    return textFile(renderGrubScript(client, await desk.plan(client), site));
  },
});
