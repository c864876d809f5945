import type { Log } from '../../core/log.ts';
import type { Disk } from '../../fleet/inventory.ts';
import type { Manifest, Partition, PartitionTable, Volume } from '../../image/format/manifest.ts';
import { openBlockDevice } from '../disk/block-device.ts';
import type { RestoreTools } from '../disk/restore.ts';
import type { Run } from '../programs.ts';
import type { WithMount } from '../system/mount.ts';
import { partitionPath } from '../system/partition-path.ts';
import type { StepReport } from '../system/step.ts';
import { correctBootSectors } from './boot-sectors.ts';
import { openChunkReader } from './chunk-reader.ts';
import { type FittedContent, isShrunk } from './fit-contents.ts';
import { growFileSystem } from './grow.ts';
import { shrinkFileSystem } from './shrink.ts';
import { makeSwap } from './swap.ts';
import { rereadTable, writeTable } from './write-table.ts';

export interface FitJob {
  disk: Pick<Disk, 'path' | 'sizeBytes' | 'logicalSectorBytes'>;
  manifest: Manifest;
  /** For this disk. */
  table: PartitionTable;
  /** What the plan said about itself. */
  notes: readonly string[];
  contents: readonly FittedContent[];
}

export interface FitTools {
  run: Run;
  withMount: WithMount;
  connectChunks: RestoreTools['connectChunks'];
  signal: AbortSignal;
  log: Log;
}

export interface Fitted {
  steps: StepReport[];
  /** Whether the volume's bytes are no longer the image's. */
  isChanged(volume: Volume): boolean;
}

const done = (name: string, detail: string): StepReport => ({ name, outcome: 'done', detail });

/** A partition as the image has it and as it is here. */
interface Pair {
  from: Partition;
  to: Partition;
  device: string;
  content: FittedContent | undefined;
  volume: Volume | undefined;
}

const pairsOf = ({ disk, manifest, table, contents }: FitJob): Pair[] =>
  table.partitions.flatMap((to): Pair[] => {
    const from = manifest.table.partitions.find(({ number }) => number === to.number);
    const content = contents.find(({ source }) => source.volume.partition === to.number);
    const device = partitionPath(disk.path, to.number);
    return from ? [{ from, to, device, content, volume: content?.source.volume }] : [];
  });

const shrink = async (content: FittedContent, { to, device }: Pair, tools: FitTools): Promise<void> => {
  const { volume, index } = content.source;
  const chunks = openChunkReader(tools);
  try {
    await shrinkFileSystem(
      { device, fileSystem: volume.fileSystem?.type ?? '', index, sizeBytes: to.sizeBytes },
      { ...tools, readChunk: chunks.read },
    );
  } finally {
    chunks.close();
  }
};

const sizeSteps = async (pair: Pair, tools: FitTools): Promise<StepReport[]> => {
  const { from, to, device, content, volume } = pair;
  const fileSystem = volume?.fileSystem?.type ?? '';
  if (fileSystem === 'swap' || to.sizeBytes === from.sizeBytes) return [];
  const where = `${fileSystem} on partition ${to.number}`;
  const sizes = `${where} from ${from.sizeBytes} to ${to.sizeBytes} bytes`;
  if (content && isShrunk(content)) {
    tools.log.info(`shrinking ${where}`);
    await shrink(content, pair, tools);
    return [done('shrink', sizes)];
  }
  tools.log.info(`growing ${where}`);
  await growFileSystem(device, fileSystem, tools.run, tools.withMount);
  return [done('grow', sizes)];
};

const moveSteps = async ({ from, to, device, volume }: Pair): Promise<StepReport[]> => {
  const type = volume?.fileSystem?.type ?? '';
  if (from.firstByte === to.firstByte || !['ntfs', 'vfat'].includes(type)) return [];
  const told = await correctBootSectors(device, type, { before: from.firstByte, now: to.firstByte });
  return told ? [done('boot-sector', `${type} on partition ${to.number} knows its new place`)] : [];
};

const swapSteps = async ({ to, device, volume }: Pair, run: Run): Promise<StepReport[]> => {
  const { fileSystem } = volume ?? {};
  if (fileSystem?.type !== 'swap') return [];
  await makeSwap(device, fileSystem, run);
  return [
    done('swap', `made anew on partition ${to.number}, ${to.sizeBytes} bytes, its UUID and label kept`),
  ];
};

const idsOf = ({ diskId, partitions }: PartitionTable): string =>
  [diskId, ...partitions.map(({ guid }) => guid)].join();

const tableStep = ({ manifest, table, notes }: FitJob): StepReport => {
  const ids = idsOf(table) === idsOf(manifest.table) ? 'ids as in the image' : 'with ids of its own';
  const detail = [`${table.scheme}, ${ids}`, ...notes].join('; ').slice(0, 1024);
  return done('partition-table', detail);
};

/**
 * Makes of the restored image one that fits the disk: the table first, so that no half-fitted file system is taken for a whole one (none is
 * mounted by a system whose partition is smaller), then file systems, swap areas and what knows its own place. Throws coded errors.
 */
export const fitDisk = async (job: FitJob, tools: FitTools): Promise<Fitted> => {
  const { disk, manifest, table } = job;
  tools.log.info('fitting the partition table to the disk');
  const device = await openBlockDevice(disk.path);
  try {
    await writeTable(device, table, manifest.table, disk);
  } finally {
    await device.close();
  }
  await rereadTable(disk.path, tools.run);
  const steps = [tableStep(job)];
  const changed = new Set<number>();
  for (const pair of pairsOf(job)) {
    const own = [
      ...(await sizeSteps(pair, tools)),
      ...(await moveSteps(pair)),
      ...(await swapSteps(pair, tools.run)),
    ];
    if (own.length > 0) changed.add(pair.to.number);
    steps.push(...own);
  }
  // The table lies in the head, and records of logical partitions in gaps.
  const isChanged = ({ partition }: Volume): boolean => partition === undefined || changed.has(partition);
  return { steps, isChanged };
};
