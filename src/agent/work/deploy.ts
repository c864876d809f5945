import type { ClaimedDeploy } from '../../api/contract/agent.ts';
import { asGreifError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { Disk } from '../../fleet/inventory.ts';
import type { DeployEvidence, VolumeProof } from '../../fleet/order-evidence.ts';
import { decodeIndex } from '../../image/format/index-file.ts';
import type { Manifest } from '../../image/format/manifest.ts';
import { type BlockDevice, openBlockDevice } from '../disk/block-device.ts';
import { chooseDisk } from '../disk/choose-disk.ts';
import type { DiskThreads } from '../disk/disk-threads.ts';
import { writeBuffers } from '../disk/disk-writer.ts';
import { checkLayout, type VolumeContent } from '../disk/layout.ts';
import { countedBytes } from '../disk/pieces.ts';
import { proofOf } from '../disk/prove-restored.ts';
import { digestVolume, type ReadBackTools } from '../disk/read-back.ts';
import { readBuffers } from '../disk/read-extents.ts';
import { type RestoreCounts, restore } from '../disk/restore.ts';
import { planRestore, type RestorePlan } from '../disk/restore-plan.ts';
import { type FitJob, fitDisk } from '../fit/fit-disk.ts';
import { prepareFit } from '../fit/prepare-fit.ts';
import { checkScripts, runScripts } from '../script/run-scripts.ts';
import { usedBlocks } from '../seed/used-blocks.ts';
import { finishSystem } from '../system/finish.ts';
import type { PersonalOrder } from '../system/personalise.ts';
import type { OrderTools } from './tools.ts';
import { trustedKit } from './trusted-kit.ts';
import { trustedManifest } from './trusted-manifest.ts';

const readContents = async (manifest: Manifest, { index }: OrderTools): Promise<VolumeContent[]> => {
  const contents: VolumeContent[] = [];
  for (const volume of manifest.volumes)
    contents.push({ volume, index: decodeIndex(await index(volume.index)) });
  return contents;
};

const withDevice = async <Result>(
  path: string,
  use: (device: BlockDevice) => Promise<Result>,
): Promise<Result> => {
  const device = await openBlockDevice(path);
  try {
    return await use(device);
  } finally {
    await device.close();
  }
};

/** A disk whose order failed must not start half of an operating system. A disk that cannot even do that starts nothing anyway. */
const makeUnbootable = async (path: string, plan: RestorePlan, log: Log): Promise<void> => {
  try {
    await withDevice(path, async (device) => {
      for (const { volume } of plan.head) await device.zero(volume);
      await device.sync();
    });
  } catch (error) {
    log.warn('the half-written disk could not be made unbootable', { reason: asGreifError(error).message });
  }
};

/** The order with all that is certain before the first byte is written. */
interface Job {
  claimed: ClaimedDeploy;
  disk: Disk;
  manifest: Manifest;
  personal: PersonalOrder;
  fit: FitJob;
  /** What is written, at its place on this disk. */
  contents: VolumeContent[];
  plan: RestorePlan;
  /** Whether all is written, whatever the disk holds. */
  full: boolean;
  /** Whether the disk's old content is gone. */
  touched: boolean;
}

interface Written {
  counts: RestoreCounts;
  readBack: string[];
  readBackBytes: number;
}

const writeAndProve = (job: Job, threads: DiskThreads, tools: OrderTools): Promise<Written> =>
  withDevice(job.disk.path, async (device) => {
    const { contents, plan } = job;
    const { stages, signal } = tools;
    signal.throwIfAborted();
    const advanced = (bytes: number): void => stages.advanced(bytes);
    stages.begin('writing', plan.totalBytes);
    const touching = (): void => {
      job.touched = true;
    };
    const buffers = readBuffers();
    const { digest, unpack } = threads;
    const writing = { device, buffers, writeBuffers: writeBuffers(), digest, unpack, advanced, touching };
    const seed = job.full ? undefined : { usedExtents: usedBlocks(device.path, tools.run, signal) };
    const restored = await restore(plan, { ...tools, ...writing, seed });
    const proof = proofOf(contents, restored, device.sizeBytes);
    stages.begin('verifying', proof.totalBytes);
    const readBack = await proof.run({ device, buffers, digest, signal, advanced });
    return { counts: restored.counts, readBack, readBackBytes: proof.totalBytes };
  });

/**
 * What lies on the disk at hand-over: read again where a step has written, else as it was proven. Of a volume that was shrunk every chunk was
 * proven too, on the disk or when it was moved there from behind the new end.
 */
const proveHandover = (
  { disk, contents, fit }: Job,
  readBack: readonly string[],
  changed: (content: VolumeContent) => boolean,
  { digest }: DiskThreads,
  { stages, signal }: OrderTools,
) =>
  withDevice(disk.path, async (device): Promise<VolumeProof[]> => {
    const advanced = (bytes: number): void => stages.advanced(bytes);
    const reading: ReadBackTools = { device, buffers: readBuffers(), digest, signal, advanced };
    await device.sync();
    const proofs: VolumeProof[] = [];
    for (const [position, content] of contents.entries()) {
      const { kind, partition, firstByte, sizeBytes } = content.volume;
      const proven = readBack[position] ?? '';
      const handover = changed(content) ? await digestVolume(content, reading) : proven;
      const source = fit.contents[position]?.source.volume ?? content.volume;
      const about = { kind, partition, firstByte, sizeBytes: source.sizeBytes };
      const shrunk = sizeBytes < source.sizeBytes;
      const fitted = shrunk ? { fittedBytes: sizeBytes, readBack: source.digest } : { readBack: proven };
      proofs.push({ ...about, ...fitted, handover });
    }
    return proofs;
  });

const fill = async (
  job: Job,
  threads: DiskThreads,
  tools: OrderTools,
): Promise<
  Pick<DeployEvidence, 'unusedBytes' | 'volumes' | 'steps' | 'scripts' | 'readBackBytes'> & RestoreCounts
> => {
  const { disk, manifest, personal, contents, fit } = job;
  const { counts, readBack, readBackBytes } = await writeAndProve(job, threads, tools);
  tools.signal.throwIfAborted();
  tools.stages.begin('finishing', 0);
  const fitted = await fitDisk(fit, tools);
  const { steps, isChanged } = await finishSystem(disk, { ...manifest, table: fit.table }, personal, tools);
  const scripts = await runScripts(disk.path, { table: fit.table }, job.claimed, tools);
  const steppedOn = [fitted.isChanged, isChanged, scripts.isChanged];
  const changed = contents.filter(({ volume }) => steppedOn.some((isSo) => isSo(volume)));
  tools.stages.begin('finishing', countedBytes(changed));
  const volumes = await proveHandover(job, readBack, (one) => changed.includes(one), threads, tools);
  return {
    ...counts,
    unusedBytes: contents.reduce((sum, { volume }) => sum + volume.sizeBytes, 0) - job.plan.totalBytes,
    volumes,
    steps: [...fitted.steps, ...steps, ...scripts.steps],
    ...(scripts.runs.length > 0 && { scripts: scripts.runs }),
    readBackBytes: readBackBytes + countedBytes(changed),
  };
};

const prepare = async (claimed: ClaimedDeploy, tools: OrderTools): Promise<Job> => {
  const manifest = trustedManifest(claimed, tools.publicKey);
  checkScripts(claimed.scripts, tools.publicKey);
  const kit = trustedKit(claimed, tools.publicKey);
  const { diskId, hostName, options } = claimed.order;
  const windows = kit && { kit, drivers: tools.drivers, hasNewIds: options.newIds === true };
  const disk = chooseDisk(tools.disks(), diskId);
  const source = await readContents(manifest, tools);
  const fit = await prepareFit({ disk, manifest, contents: source, options }, tools);
  const contents = fit.contents.map(({ written }) => written);
  checkLayout(contents, fit.table, disk.sizeBytes);
  const plan = planRestore(contents, disk.sizeBytes);
  const full = claimed.order.options.full ?? false;
  return {
    claimed,
    disk,
    manifest,
    personal: { hostName, windows },
    fit,
    contents,
    plan,
    full,
    touched: false,
  };
};

/**
 * An image onto a disk. Nothing is written before disk, manifest and every index are certain. Throws coded errors;
 * whatever goes wrong once writing began leaves a disk that does not boot.
 */
export const deploy = async (claimed: ClaimedDeploy, tools: OrderTools): Promise<DeployEvidence> => {
  const started = performance.now();
  const job = await prepare(claimed, tools);
  const { id, serial, wwn, model, sizeBytes, path } = job.disk;
  tools.log.info(`writing to ${path}`, { disk: id, sizeBytes });
  const threads = tools.startDiskThreads();
  try {
    return {
      kind: 'deploy',
      ...(await fill(job, threads, tools)),
      agentVersion: tools.agentVersion,
      manifestDigest: claimed.manifestDigest,
      disk: { id, serial, wwn, model, sizeBytes },
      durationMs: Math.round(performance.now() - started),
    };
  } catch (error) {
    if (job.touched) await makeUnbootable(path, job.plan, tools.log);
    throw error;
  } finally {
    await threads.close();
  }
};
