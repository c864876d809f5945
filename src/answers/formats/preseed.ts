import type { AnswerFormat } from '../format.ts';
import type { InstallValues } from '../install-values.ts';
import { namesOf } from '../names.ts';
import { settingsOf } from '../settings.ts';
import { type Syntax, textOf, UnfitValue, unfit } from '../syntax.ts';

/**
 * The value of a line `owner question type value` (debconf-set-selections(1)). The installer's own reader takes outer blanks and
 * carriage returns away, a line that ends in a backslash goes on in the next, and debconf keeps `\n` as a line break.
 */
export const preseedLine: Syntax = {
  name: 'the value of a preseed line',
  write(value) {
    const line = textOf(value);
    if (/\p{Cc}/u.test(line)) throw new UnfitValue('it holds a line break or another control character');
    if (line !== line.trim()) throw new UnfitValue('it begins or ends with a blank');
    if (line.endsWith('\\')) throw new UnfitValue('it ends with a backslash');
    if (line.includes('\\n')) throw new UnfitValue('debconf would keep its \\n as a line break');
    return line;
  },
};

const suites: Readonly<Record<string, string>> = { 11: 'bullseye', 12: 'bookworm', 13: 'trixie' };

/** partman counts in 10^6 bytes. */
const megabytes = (mebibytes: number): number => Math.ceil((mebibytes * 1_048_576) / 1_000_000);

const part = (sizes: string, ...words: string[]): string => [sizes, ...words, '.'].join(' ');
const fixed = (size: number): string => `${size} ${size} ${size}`;
const formatted = (fileSystem: string, mountPoint: string): string =>
  `method{ format } format{ } use_filesystem{ } filesystem{ ${fileSystem} } mountpoint{ ${mountPoint} }`;

const loaderPart = ({ disk, firmware }: InstallValues): string[] => {
  if (firmware === 'uefi') return [part(fixed(538), 'free', 'method{ efi } format{ }')];
  return disk.table === 'gpt' ? [part(fixed(1), 'free', 'method{ biosgrub }')] : [];
};

/** A recipe of partman-auto: smallest size, priority and largest size of each partition, then what it is for. */
const recipeOf = (values: InstallValues): string => {
  const { fileSystem, scheme, table, swapMebibytes } = values.disk;
  if (!['ext4', 'xfs', 'btrfs'].includes(fileSystem))
    throw unfit('disk.fileSystem', 'a recipe of partman', `it has no ${fileSystem} for a root`);
  const isLvm = scheme === 'lvm';
  // On a GPT this flag makes a partition an EFI system partition.
  const startable = table === 'mbr' ? ['$primary{ } $bootable{ }'] : [];
  const inVolumes = isLvm ? ['$lvmok{ }'] : [];
  const parts = loaderPart(values);
  if (isLvm) parts.push(part(fixed(768), 'ext4', ...startable, formatted('ext4', '/boot')));
  if (swapMebibytes)
    parts.push(part(fixed(megabytes(swapMebibytes)), 'linux-swap', ...inVolumes, 'method{ swap } format{ }'));
  parts.push(
    part('2000 10000 -1', fileSystem, ...(isLvm ? inVolumes : startable), formatted(fileSystem, '/')),
  );
  return `greif :: ${parts.join(' ')}`;
};

const mirrorOf = (name: string, mirrorUrl: string) => {
  if (!/^https?:/.test(mirrorUrl) || !URL.canParse(mirrorUrl))
    throw unfit(name, 'a mirror', `${mirrorUrl} is no http or https URL`);
  const { protocol, host, pathname } = new URL(mirrorUrl);
  return { protocol: protocol.slice(0, -1), host, folder: pathname.replace(/(?<=.)\/$/, '') };
};

/** debian-installer, since Debian 11. */
export const preseed: AnswerFormat = {
  name: 'preseed',
  syntax: preseedLine,
  files: [{ name: 'preseed.cfg', contentType: 'text/plain; charset=utf-8', template: 'preseed' }],
  facts(values) {
    const { mirrorUrl } = values.source;
    const { security_mirror_url: securityMirrorUrl } = settingsOf(values);
    return {
      suite: suites[values.release] ?? values.release,
      mirror: mirrorOf('source.mirrorUrl', mirrorUrl ?? 'http://deb.debian.org/debian'),
      // Beside a mirror of the room's there is often no way to the world.
      securityServices:
        mirrorUrl === undefined ? ['security', 'updates'] : securityMirrorUrl ? ['security'] : [],
      securityMirror: securityMirrorUrl ? mirrorOf('variables.security_mirror_url', securityMirrorUrl) : null,
      recipe: recipeOf(values),
      // The others are made by the install script: debian-installer has no questions for them.
      firstUser: namesOf(values).users[0] ?? null,
      bootDevice: values.disk.device ?? 'default',
      packages: [
        ...new Set([...values.packages, ...(values.users.some(({ isAdmin }) => isAdmin) ? ['sudo'] : [])]),
      ],
    };
  },
};
