import { truncate, writeFile } from 'node:fs/promises';
import { GreifError } from '../../core/errors.ts';
import { assertRoomFor, runTool } from '../import/run-tool.ts';

const mebibyte = 1024 * 1024;
const sectorBytes = 512;

/** A partition to be made: `type` as sfdisk names it. */
export interface WantedPartition {
  name: string;
  type: string;
  sizeBytes: number;
}

export interface PlacedPartition extends WantedPartition {
  number: number;
  firstByte: number;
  guid: string;
}

/** A raw file with a GPT on it. */
export interface FreshDisk {
  file: string;
  diskGuid: string;
  partitions: PlacedPartition[];
}

const up = (bytes: number): number => Math.ceil(bytes / mebibyte) * mebibyte;

/** Partitions one after the other at whole mebibytes, the first at 1 MiB; the last MiB holds the backup table. Pure. */
const layOut = <Wanted extends WantedPartition>(
  wanted: readonly Wanted[],
): { diskBytes: number; placed: (Wanted & { number: number; firstByte: number })[] } => {
  let end = mebibyte;
  const placed = wanted.map((partition, position) => {
    const sizeBytes = up(partition.sizeBytes);
    const one = { ...partition, sizeBytes, number: position + 1, firstByte: end };
    end += sizeBytes;
    return one;
  });
  return { diskBytes: end + mebibyte, placed };
};

/** Runs one of Debian's programs of which success is expected. Throws ENOSPC, STEP_FAILED with what it said. */
export const make = async (
  program: string,
  args: string[],
  options: { signal?: AbortSignal | undefined; input?: string } = {},
): Promise<string> => {
  const ended = await runTool(program, args, options.signal, options.input);
  if (ended.status === 0) return ended.output;
  assertRoomFor(ended);
  throw new GreifError('STEP_FAILED', `${program} failed: ${ended.complaint || `status ${ended.status}`}`);
};

/** Makes the sparse file `file` with an empty GPT disk. */
export const makeFreshDisk = async (
  file: string,
  wanted: readonly WantedPartition[],
  signal?: AbortSignal,
): Promise<FreshDisk> => {
  const { diskBytes, placed } = layOut(wanted);
  await writeFile(file, '');
  await truncate(file, diskBytes);
  const lines = placed.map(
    ({ firstByte, sizeBytes, type, name }) =>
      `start=${firstByte / sectorBytes}, size=${sizeBytes / sectorBytes}, type=${type}, name="${name}"`,
  );
  const script = ['label: gpt', ...lines, ''].join('\n');
  await make('sfdisk', ['--quiet', '--no-reread', file], { signal, input: script });
  const found: { partitiontable: { id: string; partitions: { uuid: string }[] } } = JSON.parse(
    await make('sfdisk', ['--json', file], { signal }),
  );
  const { id, partitions } = found.partitiontable;
  return {
    file,
    diskGuid: id,
    partitions: placed.map((one, position) => ({ ...one, guid: partitions[position]?.uuid ?? '' })),
  };
};

/** Puts a volume that was made as a file of its own into its partition; holes stay holes. */
export const putVolume = async (
  volume: string,
  disk: FreshDisk,
  { firstByte }: PlacedPartition,
  signal?: AbortSignal,
): Promise<void> => {
  const seek = `seek=${firstByte / mebibyte}`;
  await make('dd', [`if=${volume}`, 'bs=1M', seek, 'conv=notrunc,sparse', 'status=none', `of=${disk.file}`], {
    signal,
  });
};
