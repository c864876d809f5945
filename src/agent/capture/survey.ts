import { asGreifError, GreifError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { uncleanReason } from '../../image/disk/cleanliness.ts';
import { type Extent, merged, moved, within, without } from '../../image/disk/extents.ts';
import { blkidArguments, readBlkid, resize2fsArguments } from '../../image/disk/file-system.ts';
import type { ReadAt } from '../../image/disk/invalid-table.ts';
import { measureFileSystem } from '../../image/disk/measure.ts';
import type { FoundSystem } from '../../image/disk/operating-system.ts';
import type { Stretch } from '../../image/disk/stretches.ts';
import { unusedRuns } from '../../image/disk/unused-runs.ts';
import type { Volume } from '../../image/format/manifest.ts';
import { usedExtents } from '../../image/partclone/ask-partclone.ts';
import { withVolumeDevice } from '../disk/volume-device.ts';
import type { Run } from '../programs.ts';
import type { WithMount } from '../system/mount.ts';
import { findCapturedSystem } from './captured-system.ts';
import { decideVolume, type Reading, type VolumeFacts, volumeLabel } from './decide-volume.ts';
import { withF2fsMetadata } from './f2fs-metadata.ts';
import { findSwapFiles } from './linux-files.ts';
import type { SourceDisk } from './source-disk.ts';
import { swapHeader } from './swap.ts';
import { findWindowsFiles, isSleeping } from './windows-files.ts';

/** What will be captured of a stretch. */
export interface SurveyedVolume {
  stretch: Stretch;
  fileSystem?: Volume['fileSystem'];
  system?: FoundSystem | undefined;
  /** On the disk, in its order; all else of the stretch counts as zeros. */
  kept: Extent[];
  /** As the manifest has it. */
  unused: Extent[];
  /** For the log and the evidence: `used blocks`, `whole: …`. */
  how: string;
}

export interface SurveyTools {
  disk: SourceDisk;
  run: Run;
  withMount: WithMount;
  log: Log;
  signal: AbortSignal;
}

/** What lies in a volume beside its files' data. */
interface Contents {
  facts: VolumeFacts;
  /** Not worth keeping, counted from the volume's start. */
  leftOut: Extent[];
  system?: FoundSystem | undefined;
}

const readerOf =
  ({ disk }: SurveyTools, { firstByte, sizeBytes }: Extent): ReadAt =>
  async (position, length) => {
    const bytes = Buffer.alloc(Math.max(0, Math.min(length, sizeBytes - position)));
    await disk.read(firstByte + position, bytes);
    return bytes;
  };

const findFileSystem = async (stretch: Stretch, { disk, run }: SurveyTools): Promise<Volume['fileSystem']> =>
  // 2: nothing was found; 8: several things at once.
  readBlkid(await run('blkid', blkidArguments(disk.path, stretch), { accept: [0, 2, 8] }));

const measure = (type: string, stretch: Stretch, tools: SurveyTools) =>
  measureFileSystem({
    type,
    sizeBytes: stretch.sizeBytes,
    read: readerOf(tools, stretch),
    // Only asked: the program opens the disk for reading.
    askResize2fs: () =>
      tools.run('resize2fs', resize2fsArguments(tools.disk.path, stretch)).catch(() => undefined),
  });

const clusterBytesOf = async (read: ReadAt): Promise<number> => {
  const boot = await read(0, 512);
  const sectors = boot.readUInt8(13);
  return boot.readUInt16LE(11) * (sectors > 0x80 ? 2 ** (256 - sectors) : sectors);
};

/** The image is as good without knowing its system. */
const systemOn = async (
  device: string,
  fileSystem: string,
  { run, withMount, log }: SurveyTools,
): Promise<FoundSystem | undefined> => {
  const mount = { device, fileSystem, readOnly: true, wholeJournal: true };
  try {
    return await withMount(mount, (folder) => findCapturedSystem(folder, fileSystem, run));
  } catch (error) {
    log.warn(`${device}: no system was looked for`, { reason: asGreifError(error).message });
    return undefined;
  }
};

const lookIntoNtfs = async (
  facts: VolumeFacts,
  device: string,
  read: ReadAt,
  tools: SurveyTools,
): Promise<Contents> => {
  const { extents, hibernationFile } = await findWindowsFiles(device, await clusterBytesOf(read), tools.run);
  const signature = hibernationFile && (await read(hibernationFile.firstByte, 4)).toString('latin1');
  const hibernated = signature !== undefined && isSleeping(signature) ? 'Windows' : undefined;
  const system = hibernated ? undefined : await systemOn(device, 'ntfs', tools);
  return { facts: { ...facts, hibernated }, leftOut: extents, system };
};

/** Only a clean one is mounted, and read-only; for XFS the mount itself tells whether its log is empty. */
const lookIntoLinux = async (
  facts: VolumeFacts,
  device: string,
  { run, withMount }: SurveyTools,
): Promise<Contents> => {
  const fileSystem = facts.fileSystem?.type ?? '';
  try {
    return await withMount({ device, fileSystem, readOnly: true, wholeJournal: true }, async (folder) => {
      const { extents, isHibernated } = await findSwapFiles(folder, run);
      const system = await findCapturedSystem(folder, fileSystem, run);
      return {
        facts: { ...facts, hibernated: isHibernated ? 'Linux' : undefined },
        leftOut: extents,
        system,
      };
    });
  } catch (error) {
    if (fileSystem !== 'xfs') throw error;
    const unclean = `it cannot be mounted as it is (${asGreifError(error).message})`;
    return { facts: { ...facts, unclean }, leftOut: [] };
  }
};

const lookInto = async (stretch: Stretch, raw: boolean, tools: SurveyTools): Promise<Contents> => {
  const fileSystem = stretch.kind === 'partition' ? await findFileSystem(stretch, tools) : undefined;
  const read = readerOf(tools, stretch);
  const type = fileSystem?.type ?? '';
  const sizes = fileSystem && (await measure(type, stretch, tools));
  const facts: VolumeFacts = {
    stretch,
    ...(fileSystem && { fileSystem: { ...fileSystem, ...sizes } }),
    unclean: await uncleanReason(type, read),
    hibernated: type === 'swsuspend' ? 'Linux' : undefined,
  };
  if (raw || facts.unclean) return { facts, leftOut: [] };
  const device = <Result>(use: (path: string) => Promise<Result>) =>
    withVolumeDevice(tools.disk.path, stretch, tools.run, use);
  if (type === 'ntfs') return device((path) => lookIntoNtfs(facts, path, read, tools));
  if (['ext2', 'ext3', 'ext4', 'xfs'].includes(type))
    return device((path) => lookIntoLinux(facts, path, tools));
  if (type === 'btrfs')
    return { facts, leftOut: [], system: await device((path) => systemOn(path, type, tools)) };
  return { facts, leftOut: [] };
};

/** partclone's program for F2FS insists on a device that it can write to, so it gets a copy. */
const lentTo = (
  program: string,
  stretch: Stretch,
  tools: SurveyTools,
  use: (device: string) => Promise<Extent[]>,
): Promise<Extent[]> =>
  program === 'f2fs'
    ? withF2fsMetadata(readerOf(tools, stretch), stretch.sizeBytes, tools.run, use)
    : withVolumeDevice(tools.disk.path, stretch, tools.run, use);

const keptBytes = async (reading: Reading, stretch: Stretch, tools: SurveyTools) => {
  const whole = [{ firstByte: 0, sizeBytes: stretch.sizeBytes }];
  if (reading.kind === 'swap-header') {
    const header = swapHeader(await readerOf(tools, stretch)(0, 65_536));
    return {
      how: 'swap: its header',
      kept: header ? [{ firstByte: 0, sizeBytes: header.sizeBytes }] : whole,
    };
  }
  if (reading.kind !== 'used')
    return { how: `whole: ${reading.kind === 'whole' ? reading.reason : ''}`, kept: whole };
  try {
    const { program } = reading;
    const kept = await lentTo(program, stretch, tools, (device) =>
      usedExtents({ ...tools, program, device }, stretch.sizeBytes),
    );
    return { how: 'used blocks', kept };
  } catch (error) {
    tools.signal.throwIfAborted();
    const reason = asGreifError(error).message;
    tools.log.warn(`${volumeLabel(stretch)} is read whole`, { reason });
    return { how: 'whole: partclone could not read it', kept: whole };
  }
};

const refuse = (refusals: readonly (Reading & { kind: 'refused' })[]): void => {
  const [first] = refusals;
  if (first) throw new GreifError(first.code, `${refusals.map(({ message }) => message).join('. ')}.`);
};

/**
 * Finds out what of each stretch is worth keeping, without changing a byte of the disk. Throws VOLUME_ENCRYPTED, VOLUME_COMPOSITE,
 * VOLUME_HIBERNATED and VOLUME_UNCLEAN, which name every volume that cannot be captured as it is.
 */
export const survey = async (
  stretches: readonly Stretch[],
  isRaw: (stretch: Stretch) => boolean,
  tools: SurveyTools,
): Promise<SurveyedVolume[]> => {
  const looked: (Contents & { reading: Reading })[] = [];
  for (const stretch of stretches) {
    tools.signal.throwIfAborted();
    const contents = await lookInto(stretch, isRaw(stretch), tools);
    looked.push({ ...contents, reading: decideVolume(contents.facts, isRaw(stretch)) });
  }
  refuse(looked.map(({ reading }) => reading).filter((reading) => reading.kind === 'refused'));
  const volumes: SurveyedVolume[] = [];
  for (const { facts, leftOut, reading, system } of looked) {
    const { stretch, fileSystem } = facts;
    const { how, kept } = await keptBytes(reading, stretch, tools);
    const worth = reading.kind === 'used' ? [...without(kept, merged(leftOut))] : kept;
    volumes.push({
      stretch,
      ...(fileSystem && { fileSystem }),
      system,
      kept: within(moved(worth, stretch.firstByte), stretch),
      unused: unusedRuns(kept, stretch.sizeBytes),
      how,
    });
  }
  return volumes;
};
