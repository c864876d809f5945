import type { Volume } from '../format/manifest.ts';
import { runTool } from '../import/run-tool.ts';
import type { ReadAt } from './invalid-table.ts';
import { measureFileSystem } from './measure.ts';

/**
 * What `blkid` finds in a stretch of a raw file: type, label and UUID, or `undefined`. Several signatures at once
 * (blkid calls it ambivalent) count as none: whoever acts on a file system must be sure of it.
 */
export const findFileSystem = async (
  file: string,
  { firstByte, sizeBytes }: { firstByte: number; sizeBytes: number },
): Promise<Volume['fileSystem']> => {
  const { status, output } = await runTool('blkid', blkidArguments(file, { firstByte, sizeBytes }));
  return status === 0 ? readBlkid(output) : undefined;
};

/** The same with its sizes; `read` counts from the start of the file. */
export const describeFileSystem = async (
  file: string,
  place: { firstByte: number; sizeBytes: number },
  read: ReadAt,
): Promise<Volume['fileSystem']> => {
  const found = await findFileSystem(file, place);
  if (!found) return undefined;
  const sizes = await measureFileSystem({
    type: found.type,
    sizeBytes: place.sizeBytes,
    read: (position, length) => read(place.firstByte + position, length),
    async askResize2fs() {
      const { status, output } = await runTool('resize2fs', resize2fsArguments(file, place));
      return status === 0 ? output : undefined;
    },
  });
  return { ...found, ...sizes };
};

/** Its library reads a file system that begins somewhere in a file. */
export const resize2fsArguments = (file: string, { firstByte }: { firstByte: number }): string[] => [
  '-P',
  `${file}?offset=${firstByte}`,
];

export const blkidArguments = (file: string, place: { firstByte: number; sizeBytes: number }): string[] => {
  const { firstByte, sizeBytes } = place;
  return ['--probe', '--offset', `${firstByte}`, '--size', `${sizeBytes}`, '--output', 'export', file];
};

/** What `blkid --output export` says: nothing when it found nothing. */
export const readBlkid = (output: string): Volume['fileSystem'] => {
  const found = new Map(output.split('\n').map((line) => [line.split('=', 1)[0], valueIn(line)] as const));
  const type = found.get('TYPE');
  const label = found.get('LABEL');
  const uuid = found.get('UUID');
  return type ? { type, ...(label && { label }), ...(uuid && { uuid }) } : undefined;
};

/** The value of `NAME=value`; blkid puts a backslash before blanks and the like. */
const valueIn = (line: string): string => line.slice(line.indexOf('=') + 1).replace(/\\(.)/g, '$1');
