import type { CapturedImage, ClaimedCapture } from '../../api/contract/agent.ts';
import { GreifError } from '../../core/errors.ts';
import { encodeUpload } from '../../delivery/upload-protocol.ts';
import type { Disk } from '../../fleet/inventory.ts';
import type { CaptureEvidence } from '../../fleet/order-evidence.ts';
import { totalOf } from '../../image/disk/extents.ts';
import { planStretches, type Stretch } from '../../image/disk/stretches.ts';
import { describeIndex } from '../../image/format/describe-index.ts';
import { decodeIndex } from '../../image/format/index-file.ts';
import type { PartitionTable } from '../../image/format/manifest.ts';
import { type CaptureCounts, type CaptureRun, captureStretch } from '../capture/capture-stretch.ts';
import { volumeLabel } from '../capture/decide-volume.ts';
import { maskDisk } from '../capture/masked-disk.ts';
import { readAgain } from '../capture/read-again.ts';
import { openSourceDisk, type SourceDisk } from '../capture/source-disk.ts';
import { type SurveyedVolume, survey } from '../capture/survey.ts';
import { chooseDisk } from '../disk/choose-disk.ts';
import { readTable } from './read-table.ts';
import type { OrderTools } from './tools.ts';

type CaptureTools = Pick<
  OrderTools,
  'agentVersion' | 'disks' | 'startPackPool' | 'upload' | 'run' | 'withMount' | 'stages' | 'signal' | 'log'
>;

/** A volume with its index, once its chunks are with the appliance. */
interface Captured {
  volume: SurveyedVolume;
  index: Buffer;
  indexDigest: string;
}

/** Throws BAD_REQUEST for a name that no stretch has. */
const rawChoice = (
  raw: readonly string[],
  stretches: readonly Stretch[],
): ((stretch: Stretch) => boolean) => {
  const labels = stretches.map(volumeLabel);
  const unknown = raw.find((name) => !labels.includes(name));
  if (unknown !== undefined)
    throw new GreifError(
      'BAD_REQUEST',
      `the disk has no volume "${unknown}" to take raw; it has: ${labels.join(', ')}`,
    );
  return (stretch) => raw.includes(volumeLabel(stretch));
};

const captureAll = async (
  volumes: readonly SurveyedVolume[],
  run: Omit<CaptureRun, 'disk'>,
  disk: SourceDisk,
  { upload }: CaptureTools,
  onRead: (bytes: number) => void,
): Promise<Captured[]> => {
  const captured: Captured[] = [];
  for (const volume of volumes) {
    const index = await captureStretch(volume.stretch, {
      ...run,
      disk: maskDisk(disk, volume.kept, onRead),
    });
    // Between partitions there is mostly nothing, which is no volume.
    if (volume.stretch.kind === 'gap' && describeIndex(index).dataBytes === 0) continue;
    captured.push({ volume, index, indexDigest: await upload.index(index) });
  }
  return captured;
};

/** What a second reading gives: for each volume the digest over its chunks. */
const readAllAgain = async (
  captured: readonly Captured[],
  disk: SourceDisk,
  { stages, signal }: CaptureTools,
): Promise<CaptureEvidence['volumes']> => {
  await disk.forget();
  const volumes: CaptureEvidence['volumes'] = [];
  for (const { volume, index } of captured) {
    const { kind, partition, firstByte, sizeBytes } = volume.stretch;
    const source = maskDisk(disk, volume.kept, () => {});
    const advanced = (bytes: number): void => stages.advanced(bytes);
    const readBack = await readAgain(volume.stretch, decodeIndex(index), source, { advanced, signal });
    const readBytes = totalOf(volume.kept);
    volumes.push({ kind, partition, firstByte, sizeBytes, how: volume.how, readBytes, readBack });
  }
  return volumes;
};

const assertUntouched = (before: string | undefined, after: string | undefined): void => {
  if (before !== after)
    throw new GreifError(
      'DISK_READ_FAILED',
      `something wrote to the disk while it was captured (sectors written and discarded: ${before} before, ${after} now). No image was made.`,
    );
};

/** The first partition with a system says what the image is. */
const systemOf = (captured: readonly Captured[]): CapturedImage['os'] => {
  for (const { volume } of captured)
    if (volume.system && volume.stretch.partition !== undefined)
      return { ...volume.system, partition: volume.stretch.partition };
  return undefined;
};

const draftOf = (disk: Disk, table: PartitionTable, captured: readonly Captured[]): CapturedImage => {
  const { id, model, serial, sizeBytes } = disk;
  const os = systemOf(captured);
  return {
    disk: { id, ...(model && { model }), ...(serial && { serial }), sizeBytes },
    ...(os && { os }),
    table,
    volumes: captured.map(({ volume: { stretch, fileSystem, unused }, indexDigest }) => ({
      ...stretch,
      ...(fileSystem && { fileSystem }),
      ...(unused.length > 0 && { unused }),
      index: indexDigest,
    })),
  };
};

const sizeOf = (volumes: readonly { stretch: Stretch }[]): number =>
  volumes.reduce((sum, { stretch }) => sum + stretch.sizeBytes, 0);

const captureDisk = async (
  claimed: ClaimedCapture,
  chosen: Disk,
  disk: SourceDisk,
  tools: CaptureTools,
): Promise<Omit<CaptureEvidence, 'kind' | 'agentVersion' | 'durationMs' | 'disk'>> => {
  const { run, withMount, log, signal, stages, upload } = tools;
  await using ended = new AsyncDisposableStack();
  const before = await disk.writesSoFar();
  const table = await readTable(disk, tools.run);
  const stretches = planStretches(table);
  const isRaw = rawChoice(claimed.order.options.raw ?? [], stretches);
  const volumes = await survey(stretches, isRaw, { disk, run, withMount, log, signal });
  for (const { stretch, how, kept } of volumes)
    log.info(`${volumeLabel(stretch)}: ${how}`, { sizeBytes: stretch.sizeBytes, keptBytes: totalOf(kept) });

  const pool = tools.startPackPool();
  ended.defer(() => pool.close());
  const counts: CaptureCounts = { chunks: 0, sentChunks: 0, knownChunks: 0, sentBytes: 0 };
  let readBytes = 0;
  const onRead = (bytes: number): void => {
    readBytes += bytes;
  };
  stages.begin('capturing', sizeOf(volumes));
  const sink = {
    lacking: async (ids: Parameters<typeof upload.lacking>[0]) => new Set(await upload.lacking(ids)),
    send: ({ ids, bytes, ends }: Parameters<CaptureRun['sink']['send']>[0]) =>
      upload.chunks(encodeUpload(ids, bytes, ends)),
  };
  const advanced = (bytes: number): void => stages.advanced(bytes);
  const captured = await captureAll(volumes, { sink, pool, counts, advanced, signal }, disk, tools, onRead);

  stages.begin('verifying', sizeOf(captured.map(({ volume }) => volume)));
  const proofs = await readAllAgain(captured, disk, tools);
  assertUntouched(before, await disk.writesSoFar());
  const { image, manifestDigest } = await upload.publish(draftOf(chosen, table, captured));
  log.info(`published as ${image}`);
  const { chunks: read, sentChunks: sent, knownChunks: known, sentBytes } = counts;
  return { image, manifestDigest, readBytes, sentBytes, chunks: { read, sent, known }, volumes: proofs };
};

/**
 * A PC's disk into the image store. Not one byte of the disk changes, and no image is made before all of it is with the appliance, has been read
 * twice, and nobody wrote to the disk meanwhile. Throws coded errors, among them VOLUME_* for what cannot be captured as it is.
 */
export const capture = async (claimed: ClaimedCapture, tools: CaptureTools): Promise<CaptureEvidence> => {
  const started = performance.now();
  // A disk that cannot be written to can be read.
  const disks = tools.disks().map((disk) => ({ ...disk, readOnly: false }));
  const chosen = chooseDisk(disks, claimed.order.diskId);
  const { id, serial, wwn, model, sizeBytes, path } = chosen;
  tools.log.info(`capturing ${path}`, { disk: id, sizeBytes });
  const disk = await openSourceDisk(path, tools.run);
  try {
    const done = await captureDisk(claimed, chosen, disk, tools);
    return {
      kind: 'capture',
      agentVersion: tools.agentVersion,
      disk: { id, serial, wwn, model, sizeBytes },
      durationMs: Math.round(performance.now() - started),
      ...done,
    };
  } finally {
    await disk.close();
  }
};
