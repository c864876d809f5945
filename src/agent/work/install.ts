import type { ClaimedInstall } from '../../api/contract/agent.ts';
import { GreifError } from '../../core/errors.ts';
import { isOfSystem } from '../../fleet/evidence.ts';
import type { Disk } from '../../fleet/inventory.ts';
import type { InstallEvidence } from '../../fleet/order-evidence.ts';
import type { FoundSystem } from '../../image/disk/operating-system.ts';
import type { PartitionTable } from '../../image/format/manifest.ts';
import { findCapturedSystem } from '../capture/captured-system.ts';
import { openSourceDisk } from '../capture/source-disk.ts';
import { chooseDisk } from '../disk/choose-disk.ts';
import { checkScripts, runScripts } from '../script/run-scripts.ts';
import { withDiskVolumes } from '../system/disk-volumes.ts';
import { finishSystem } from '../system/finish.ts';
import { linuxFileSystems } from '../system/linux/linux.ts';
import { readTable } from './read-table.ts';
import type { OrderTools } from './tools.ts';

type InstallTools = Pick<
  OrderTools,
  'agentVersion' | 'publicKey' | 'firmware' | 'disks' | 'run' | 'withMount' | 'stages' | 'signal' | 'log'
>;

const tableOf = async ({ path }: Disk, { run }: InstallTools): Promise<PartitionTable> => {
  const source = await openSourceDisk(path, run);
  try {
    return await readTable(source, run);
  } finally {
    await source.close();
  }
};

/** What is on the disk, in file systems that are opened; not a byte of it is changed. */
const systemsOn = (
  { path }: Disk,
  table: PartitionTable,
  { run, withMount }: InstallTools,
): Promise<FoundSystem[]> =>
  withDiskVolumes(path, { table }, run, async (volumes) => {
    const systems: FoundSystem[] = [];
    for (const { device, type = '' } of volumes) {
      if (type !== 'ntfs' && !linuxFileSystems.includes(type)) continue;
      const mount = { device, fileSystem: type, readOnly: true };
      const found = await withMount(mount, (mounted) => findCapturedSystem(mounted, type, run));
      if (found) systems.push(found);
    }
    return systems;
  });

/** A disk that holds another system is not the one that the installer wrote. */
const assertInstalled = (
  disk: Disk,
  systems: readonly FoundSystem[],
  { options }: ClaimedInstall['order'],
): void => {
  const other = systems.find(({ id }) => !isOfSystem(options.system, id));
  if (other)
    throw new GreifError(
      'DISK_UNSUITABLE',
      `the disk ${disk.id} holds ${other.name}, and the installer was to put ${options.system} there: nothing was written. Look at the PC's disks`,
    );
};

/**
 * Goes on where the installer has ended, as after an image: host name, keys, boot order, the order's scripts. Nothing is written unless the disk is the
 * order's and holds no other system. Throws coded errors.
 */
export const finishInstall = async (
  claimed: ClaimedInstall,
  tools: InstallTools,
): Promise<InstallEvidence> => {
  const started = performance.now();
  checkScripts(claimed.scripts, tools.publicKey);
  const { hostName, diskId } = claimed.order;
  const disk = chooseDisk(tools.disks(), diskId);
  const table = await tableOf(disk, tools);
  const systems = await systemsOn(disk, table, tools);
  assertInstalled(disk, systems, claimed.order);
  tools.signal.throwIfAborted();
  tools.stages.begin('finishing', 0);
  const { steps } = await finishSystem(disk, { table }, { hostName }, tools);
  const scripts = await runScripts(disk.path, { table }, claimed, tools);
  const [system] = systems;
  return {
    kind: 'install',
    ...(system && {
      osRelease: {
        id: system.id,
        prettyName: system.name,
        ...(system.version !== undefined && { version: system.version }),
      },
    }),
    ...(disk.serial !== undefined && { diskSerial: disk.serial }),
    agentVersion: tools.agentVersion,
    steps: [...steps, ...scripts.steps],
    ...(scripts.runs.length > 0 && { scripts: scripts.runs }),
    durationMs: Math.round(performance.now() - started),
  };
};
