import { z } from 'zod';
import { GreifError } from '../../core/errors.ts';
import type { Disk } from '../../fleet/inventory.ts';
import type { WipeTechnique } from '../../fleet/order-evidence.ts';
import type { Run } from '../programs.ts';

/** NVM Express base specification, figure "Identify Controller": optional admin commands, and what Format NVM does. */
const identifySchema = z.object({ oacs: z.number().int(), fna: z.number().int() });

const formatNvm = 1 << 1;
/** Bits 0 and 1 of FNA: a format, or an erase by it, takes all namespaces of the controller. */
const allNamespaces = 0b11;
const cryptoErase = 1 << 2;

const controllerOf = ({ path }: Disk): string | undefined => /^\/dev\/(nvme\d+)n\d+$/.exec(path)?.[1];

/** By which formats this namespace can be erased without touching another one; none if it cannot. Pure. */
export const nvmeTechniques = (
  { oacs, fna }: z.infer<typeof identifySchema>,
  namespaces: number,
): WipeTechnique[] => {
  if ((oacs & formatNvm) === 0 || ((fna & allNamespaces) !== 0 && namespaces > 1)) return [];
  return [...((fna & cryptoErase) === 0 ? [] : ['nvme-crypto-erase' as const]), 'nvme-user-data-erase'];
};

/** What the disk's controller says of itself; a disk that is no NVMe offers nothing. */
export const offeredByNvme = async (
  disk: Disk,
  disks: readonly Disk[],
  run: Run,
): Promise<WipeTechnique[]> => {
  const controller = controllerOf(disk);
  if (controller === undefined) return [];
  const answer = await run('nvme', ['id-ctrl', `/dev/${controller}`, '--output-format=json']);
  const namespaces = disks.filter((other) => controllerOf(other) === controller).length;
  return nvmeTechniques(identifySchema.parse(JSON.parse(answer)), namespaces);
};

/** Secure Erase Settings of Format NVM. */
const eraseSettings: Partial<Record<WipeTechnique, string>> = {
  'nvme-user-data-erase': '1',
  'nvme-crypto-erase': '2',
};

/** The largest disks take hours where the erase is not cryptographic. */
const formatMs = 6 * 3_600_000;

/** Formats the namespace with its present sector size. Throws STEP_FAILED with the disk's own words. */
export const formatNamespace = async (disk: Disk, technique: WipeTechnique, run: Run): Promise<void> => {
  const settings = eraseSettings[technique];
  if (settings === undefined) throw new GreifError('INTERNAL', `${technique} is no format`);
  // --force: we hold the disk, which it would take for somebody else's use.
  const args = ['format', disk.path, `--ses=${settings}`, '--force', `--timeout=${formatMs}`];
  await run('nvme', args, { timeLimitMs: formatMs });
};
