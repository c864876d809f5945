import type { Extent } from '../disk/extents.ts';

/**
 * The used extents of a ddrescue domain log as `partclone -D` writes it: after the comments one line with the current position,
 * then `position size status`, where `+` is used. `coveredBytes`: how far the file system goes; behind it partclone knows nothing.
 * Throws an Error that quotes the line that it cannot read.
 */
export const parseDomainLog = (text: string): { used: Extent[]; coveredBytes: number } => {
  const used: Extent[] = [];
  let coveredBytes = 0;
  for (const line of text.split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [position = '', second = '', status] = line.trim().split(/\s+/);
    if (status === undefined && (second === '?' || second === '+')) {
      coveredBytes = Math.max(coveredBytes, Number(position));
      continue;
    }
    const extent = { firstByte: Number(position), sizeBytes: Number(second) };
    if (!Number.isSafeInteger(extent.firstByte) || !Number.isSafeInteger(extent.sizeBytes) || !status)
      throw new Error(`partclone's domain log has the line "${line}"`);
    coveredBytes = Math.max(coveredBytes, extent.firstByte + extent.sizeBytes);
    if (status === '+') used.push(extent);
  }
  return { used, coveredBytes };
};
