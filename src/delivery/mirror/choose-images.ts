import type { OfferedList } from './protocol.ts';

type OfferedImage = OfferedList['images'][number];

const matches = (name: string, pattern: string): boolean =>
  new RegExp(`^${pattern.replace(/[.]/g, '\\.').replace(/\*/g, '.*')}$`).test(name);

/** Which versions a name means; `images` are those of that name. */
const versionsFor = (images: readonly OfferedImage[], after: string | undefined): OfferedImage[] => {
  if (after === '*') return [...images];
  const newest = images.toSorted((a, b) => b.version - a.version).slice(0, 1);
  if (after === 'newest') return newest;
  if (after !== undefined && /^\d+$/.test(after))
    return images.filter(({ version }) => String(version) === after);
  const pointed = images.filter(({ channels }) => channels.includes(after ?? 'stable'));
  return after === undefined && pointed.length === 0 ? newest : pointed;
};

/** Pure: the versions of a list that these patterns name (see settings.ts), each once, as `name@version`. */
export const chooseImages = (images: readonly OfferedImage[], patterns: readonly string[]): string[] => {
  const chosen = new Set<string>();
  for (const pattern of patterns) {
    const [namePattern = '', after] = pattern.split('@');
    const names = new Set(images.map(({ name }) => name).filter((name) => matches(name, namePattern)));
    for (const name of names)
      for (const { version } of versionsFor(
        images.filter((image) => image.name === name),
        after,
      ))
        chosen.add(`${name}@${version}`);
  }
  return [...chosen];
};
