import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import { openSourceStore } from '../../src/sources/source-store.ts';
import { openMediumStore } from '../../src/winpe/medium.ts';
import { emptyHive } from '../agent/empty-hive.ts';
import { temporaryFolder } from '../image/temporary-folder.ts';
import { tool } from '../image/tool.ts';

const write = async (tree: string, files: Record<string, string | Buffer>): Promise<void> => {
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(path.join(tree, path.dirname(name)), { recursive: true });
    await writeFile(path.join(tree, name), bytes);
  }
};

/** What every Windows PE has, as far as anything here looks at it. */
const windowsPe = {
  'Windows/System32/config/SYSTEM': emptyHive(),
  'Windows/System32/cmd.exe': 'MZ cmd',
  'Windows/System32/startnet.cmd': 'wpeinit\r\n',
  'Windows/Boot/EFI/bootmgfw.efi': 'MZ boot manager for UEFI',
  'Windows/Boot/PXE/bootmgr.exe': 'MZ boot manager for BIOS',
};

const capture = async (
  folder: string,
  wim: string,
  images: readonly { name: string; files: Record<string, string | Buffer>; started?: boolean }[],
): Promise<void> => {
  const tree = path.join(folder, 'tree');
  for (const [position, { name, files, started }] of images.entries()) {
    await write(tree, files);
    const verb =
      position === 0 ? ['capture', tree, wim, name, '--compress=LZX'] : ['append', tree, wim, name];
    await tool('wimlib-imagex', ...verb, ...(started ? ['--boot'] : []), '--quiet');
    await rm(tree, { recursive: true });
  }
};

/** The files of an installation medium, with WIMs as Microsoft's have them: in boot.wim the plain Windows PE, then Setup, which is started. */
export const makeMedium = async (
  folder: string,
  { hasCurl = true }: { hasCurl?: boolean } = {},
): Promise<{ root: string; bootWim: string; installWim: string }> => {
  const root = path.join(folder, 'medium');
  await write(root, {
    'setup.exe': 'MZ setup',
    bootmgr: 'boot manager',
    'boot/bcd': emptyHive(),
    'boot/boot.sdi': '$SDI0001',
    'sources/lang.ini': '[Available UI Languages]',
  });
  const bootWim = path.join(root, 'sources/boot.wim');
  const installWim = path.join(root, 'sources/install.wim');
  await capture(folder, bootWim, [
    { name: 'Microsoft Windows PE (x64)', files: windowsPe },
    {
      name: 'Microsoft Windows Setup (x64)',
      files: { ...windowsPe, 'setup.exe': 'MZ', 'sources/setup.exe': 'MZ Setup' },
      started: true,
    },
  ]);
  const windows = {
    'Windows/System32/ntoskrnl.exe': 'MZ kernel',
    ...(hasCurl && { 'Windows/System32/curl.exe': 'MZ curl' }),
  };
  await capture(folder, installWim, [
    { name: 'Windows 11 Education', files: windows },
    { name: 'Windows 11 Pro', files: windows },
  ]);
  return { root, bootWim, installWim };
};

/** A medium as it is imported; its files then lie in the source's content only. */
export const importMedium = async (t: ExecutionContext, options: { hasCurl?: boolean } = {}) => {
  const folder = await temporaryFolder(t);
  const { root, bootWim } = await makeMedium(folder, options);
  const bytes = await readFile(bootWim);
  const sources = await openSourceStore(path.join(folder, 'sources'));
  t.teardown(() => sources.close());
  const told = { system: 'windows', architecture: 'x64' } as const;
  const source = await sources.import({ name: 'win', path: root, at: '2026-11-27T00:00:00.000Z', told });
  await rm(root, { recursive: true });
  const media = path.join(folder, 'media');
  return { folder, sources, source, bytes, media, store: await openMediumStore(media, sources) };
};
