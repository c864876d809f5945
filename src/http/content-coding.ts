/** A compressed form of a boot file that lies beside it as `FILE.zst` and so on (RFC 9110 section 8.4.1, RFC 8878). */
export interface ContentCoding {
  name: 'zstd' | 'br' | 'gzip';
  suffix: '.zst' | '.br' | '.gz';
}

/** The better ones first. */
const codings: readonly ContentCoding[] = [
  { name: 'zstd', suffix: '.zst' },
  { name: 'br', suffix: '.br' },
  { name: 'gzip', suffix: '.gz' },
];

/**
 * The codings that an Accept-Encoding header names, the most wanted first. Firmware and iPXE send no such header and so get the file as it is; `*` names none
 * either.
 */
export const acceptedCodings = (header: string | undefined): ContentCoding[] => {
  const weights = new Map<string, number>();
  for (const item of (header ?? '').toLowerCase().split(',')) {
    const [, name, weight] = /^\s*([\w-]+)\s*(?:;\s*q=([\d.]+)\s*)?$/.exec(item) ?? [];
    if (name !== undefined) weights.set(name === 'x-gzip' ? 'gzip' : name, Number(weight ?? 1));
  }
  const weightOf = ({ name }: ContentCoding): number => weights.get(name) ?? 0;
  return codings
    .filter((coding) => weightOf(coding) > 0)
    .toSorted((one, other) => weightOf(other) - weightOf(one));
};
