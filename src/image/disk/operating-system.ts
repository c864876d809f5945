import type { OperatingSystem } from '../format/manifest.ts';

/** Where a distribution's root lies in a btrfs: at the top, or in a subvolume (Debian's, Ubuntu's, Fedora's). */
export const btrfsRoots = ['', '@rootfs', '@', 'root'] as const;

export type FoundSystem = Omit<OperatingSystem, 'partition'>;

/** os-release(5): shell assignments, one a line. `undefined` without an ID. */
export const readOsRelease = (text: string): FoundSystem | undefined => {
  const values = new Map(
    text.split('\n').flatMap((line) => {
      const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(line.trim()) ?? [];
      return name === undefined || value === undefined ? [] : [[name, unquote(value)] as const];
    }),
  );
  const id = values.get('ID')?.slice(0, 64);
  if (!id) return undefined;
  const version = values.get('VERSION_ID')?.slice(0, 64);
  return {
    id,
    name: (values.get('PRETTY_NAME') || values.get('NAME') || id).slice(0, 256),
    ...(version && { version }),
  };
};

const unquote = (value: string): string => {
  const inner = /^(["'])(.*)\1$/.exec(value)?.[2] ?? value;
  return inner.replace(/\\(.)/g, '$1');
};

/** Windows 11 still calls itself 10 in the registry; only the build tells. */
const firstBuildOf11 = 22_000;

/** The values of `Microsoft\Windows NT\CurrentVersion`. `undefined` without a name. */
export const readWindowsVersion = (values: {
  ProductName?: string | undefined;
  CurrentBuild?: string | undefined;
  BuildLabEx?: string | undefined;
}): FoundSystem | undefined => {
  const { ProductName: said, CurrentBuild: build, BuildLabEx: label = '' } = values;
  if (!said) return undefined;
  const name = Number(build) >= firstBuildOf11 ? said.replace(/^Windows 10\b/, 'Windows 11') : said;
  const architecture = /\.(amd64|arm64|x86)(?:fre|chk)\./.exec(label)?.[1];
  return {
    id: 'windows',
    name: name.slice(0, 256),
    ...(build && { version: build.slice(0, 64) }),
    ...(architecture && { architecture: architecture === 'x86' ? 'i386' : architecture }),
  };
};

/** e_machine of the ELF header: the processors that we boot. */
const processors: Record<number, string> = { 3: 'i386', 62: 'amd64', 183: 'arm64' };

/** The processor that a program is for, by its first 20 bytes. */
export const readElfProcessor = (start: Buffer): string | undefined =>
  start.length >= 20 && start.toString('latin1', 0, 4) === '\x7fELF'
    ? processors[start.readUInt16LE(18)]
    : undefined;
