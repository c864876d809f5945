import { GreifError } from '../core/errors.ts';
import type { InstallEvidence } from '../fleet/order-evidence.ts';

/** What an installed system says of itself. */
export type SystemReport = Pick<
  InstallEvidence,
  'osRelease' | 'kernel' | 'packagesDigest' | 'build' | 'diskSerial'
>;

/** More than any /etc/os-release and the lines beside it. */
export const reportAtMost = 16 * 1024;

const refused = (problem: string): GreifError =>
  new GreifError('BAD_REQUEST', `the report of the installed system ${problem}`);

/** os-release(5): the values are shell words, in quotes where they must be. */
const shellWord = (text: string): string => {
  const [, quote, inner = ''] = /^(["'])(.*)\1$/s.exec(text) ?? [];
  if (quote === undefined) return text;
  return quote === '"' ? inner.replaceAll(/\\(["$`\\])/g, '$1') : inner;
};

const linesOf = (text: string): Map<string, string> => {
  const lines = text.split(/\r?\n/).filter((line) => line.includes('='));
  return new Map(
    lines.map((line) => {
      const at = line.indexOf('=');
      return [line.slice(0, at).trim(), shellWord(line.slice(at + 1).trim())];
    }),
  );
};

/**
 * Reads `name=value` lines: `os.ID`, `os.VERSION_ID`, `os.PRETTY_NAME` … as /etc/os-release has them, `kernel`, `packages` (SHA-256 over the sorted
 * list of names and versions), `build` (Windows), `disk-serial`. What else there is counts as not said. Throws BAD_REQUEST.
 */
export const readReport = (text: string): SystemReport => {
  const lines = linesOf(text);
  const value = (name: string): string | undefined => {
    const found = lines.get(name);
    if (found !== undefined && found.length > 256) throw refused(`has more than 256 characters in "${name}"`);
    return found || undefined;
  };
  const id = value('os.ID');
  if (id === undefined) throw refused('does not say what system it is: it has no line os.ID=…');
  const packagesDigest = value('packages');
  if (packagesDigest !== undefined && !/^[0-9a-f]{64}$/.test(packagesDigest))
    throw refused('has no SHA-256 in "packages"');
  const [version, prettyName] = [value('os.VERSION_ID'), value('os.PRETTY_NAME')];
  const [kernel, build, diskSerial] = [value('kernel'), value('build'), value('disk-serial')];
  return {
    osRelease: { id, ...(version && { version }), ...(prettyName && { prettyName }) },
    ...(kernel && { kernel }),
    ...(packagesDigest && { packagesDigest }),
    ...(build && { build }),
    ...(diskSerial && { diskSerial }),
  };
};
