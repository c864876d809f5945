import { asGreifError, GreifError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { Disk } from '../../fleet/inventory.ts';
import { sanitizationOf, type WipedDisk, type WipeTechnique } from '../../fleet/order-evidence.ts';
import type { BlockDevice } from '../disk/block-device.ts';
import { readBuffers } from '../disk/read-extents.ts';
import type { Run } from '../programs.ts';
import { type FindTools, findData } from './find-data.ts';
import { formatNamespace } from './nvme.ts';
import { overwrite } from './overwrite.ts';
import { glance, representative, sampleExtents } from './sample.ts';

export interface WipeTools {
  device: BlockDevice;
  run: Run;
  signal: AbortSignal;
  log: Log;
  /** Told how much there is to write or read, whenever that changes, and how much is done. */
  began(totalBytes: number): void;
  advanced(bytes: number): void;
}

type Attempt = WipedDisk['attempts'][number];

/** A discard of a large disk may take long where the disk really erases. */
const discardMs = 6 * 3_600_000;

const perform = async (technique: WipeTechnique, disk: Disk, tools: WipeTools): Promise<void> => {
  const { run, signal, device } = tools;
  if (technique === 'overwrite') {
    tools.began(disk.sizeBytes);
    return overwrite(disk.sizeBytes, tools);
  }
  tools.began(0);
  if (technique.startsWith('nvme-')) await formatNamespace(disk, technique, run);
  else {
    // --force: without it blkdiscard wants the disk for itself, and we hold it.
    const secure = technique === 'secure-discard' ? ['--secure'] : [];
    await run('blkdiscard', ['--force', ...secure, disk.path], { signal, timeLimitMs: discardMs });
  }
  await device.sync();
};

const readTools = ({ device, signal, advanced }: WipeTools): FindTools => ({
  device,
  buffers: readBuffers(),
  signal,
  advanced,
});

/** Wipes by the first technique that the disk takes, and after which a glance finds nothing; the last one must do. */
export const wipeDisk = async (
  disk: Disk,
  techniques: readonly WipeTechnique[],
  tools: WipeTools,
): Promise<Attempt[]> => {
  const attempts: Attempt[] = [];
  for (const technique of techniques) {
    tools.log.info(`${disk.path}: ${technique}`);
    const attempt = await attemptAt(technique, disk, tools);
    attempts.push(attempt);
    if (attempt.outcome === 'zeros') return attempts;
    tools.log.info(`${disk.path}: ${attempt.outcome}: ${attempt.detail}`);
  }
  throw new GreifError(
    'DISK_NOT_WIPED',
    `${disk.path} could not be wiped: ${attempts.map(({ technique, detail }) => `${technique}: ${detail}`).join('; ')}`,
  );
};

const attemptAt = async (technique: WipeTechnique, disk: Disk, tools: WipeTools): Promise<Attempt> => {
  try {
    await perform(technique, disk, tools);
  } catch (error) {
    tools.signal.throwIfAborted();
    const { code, message } = asGreifError(error);
    if (code !== 'STEP_FAILED') throw error;
    return { technique, outcome: 'refused', detail: message.slice(0, 1024) };
  }
  const extents = sampleExtents(disk.sizeBytes, glance, Math.random);
  const found = await findData(extents, { ...readTools(tools), advanced: () => {} });
  return found === undefined
    ? { technique, outcome: 'zeros', detail: '' }
    : { technique, outcome: 'left-data', detail: `byte ${found} is not zero` };
};

/** Bytes that the proof reads. */
const extentsOf = (disk: Disk, scope: 'whole' | 'sample') =>
  scope === 'whole'
    ? [{ firstByte: 0, sizeBytes: disk.sizeBytes }]
    : sampleExtents(disk.sizeBytes, representative, Math.random);

/**
 * Proves that the disk reads back as zeros. Where a disk only said that it forgot, it is overwritten now, and proven again. Throws DISK_NOT_WIPED.
 */
export const proveEmpty = async (
  disk: Disk,
  attempts: readonly Attempt[],
  scope: 'whole' | 'sample',
  tools: WipeTools,
): Promise<Pick<WipedDisk, 'attempts' | 'sanitization' | 'readBack'>> => {
  const last = attempts.at(-1) as Attempt;
  const extents = extentsOf(disk, scope);
  const readBytes = extents.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  tools.began(readBytes);
  const found = await findData(extents, readTools(tools));
  if (found === undefined) {
    const readBack = { scope: readBytes === disk.sizeBytes ? ('whole' as const) : scope, readBytes };
    return { attempts: [...attempts], sanitization: sanitizationOf(last.technique), readBack };
  }
  const detail = `byte ${found} is not zero`;
  const soFar = [...attempts.slice(0, -1), { ...last, outcome: 'left-data' as const, detail }];
  if (last.technique === 'overwrite')
    throw new GreifError(
      'DISK_NOT_WIPED',
      `${disk.path} was overwritten, but ${detail} when read back: the disk is bad. Destroy it mechanically.`,
    );
  tools.log.warn(`${disk.path}: ${last.technique} left data (${detail}), overwriting`);
  return proveEmpty(disk, [...soFar, ...(await wipeDisk(disk, ['overwrite'], tools))], scope, tools);
};
