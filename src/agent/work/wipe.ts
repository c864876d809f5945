import type { ClaimedRemoval } from '../../api/contract/agent.ts';
import { GreifError } from '../../core/errors.ts';
import type { Disk } from '../../fleet/inventory.ts';
import type { RemovalEvidence, WipedDisk, WipeTechnique } from '../../fleet/order-evidence.ts';
import { openBlockDevice } from '../disk/block-device.ts';
import { offeredByNvme } from '../wipe/nvme.ts';
import { wipeTargets } from '../wipe/targets.ts';
import { proveEmpty, wipeDisk } from '../wipe/wipe-disk.ts';
import type { OrderTools } from './tools.ts';

type Method = ClaimedRemoval['order']['options']['method'];

/** In the order in which they are tried; whatever is believed to have worked is proven, and the last resort is to overwrite. */
const techniquesFor = (method: Method, offered: readonly WipeTechnique[], disk: Disk): WipeTechnique[] => {
  if (method === 'overwrite') return ['overwrite'];
  const discards = ['secure-discard', 'discard', 'overwrite'] as const;
  if (method === 'discard') return [...discards];
  if (method === 'nvme-format' && offered.length === 0)
    throw new GreifError(
      'UNSUPPORTED',
      `the disk ${disk.id} cannot be erased by an NVMe format: nothing was wiped. Choose another method.`,
    );
  return method === 'nvme-format' ? [...offered, 'overwrite'] : [...offered, ...discards];
};

interface Plan {
  disk: Disk;
  techniques: WipeTechnique[];
}

/** Everything that can be refused is refused here, before the first byte of any disk. */
const plan = async ({ order }: ClaimedRemoval, tools: OrderTools): Promise<Plan[]> => {
  const disks = tools.disks();
  const plans: Plan[] = [];
  for (const disk of wipeTargets(disks, order.options.disks)) {
    const offered = await offeredByNvme(disk, disks, tools.run).catch((error: Error) => {
      tools.log.warn(`${disk.path} does not say what it can do: ${error.message}`);
      return [];
    });
    plans.push({ disk, techniques: techniquesFor(order.options.method, offered, disk) });
    await (await openBlockDevice(disk.path)).close();
  }
  return plans;
};

const factsOf = ({ id, serial, wwn, model, sizeBytes }: Disk) => ({ id, serial, wwn, model, sizeBytes });

interface Wiped extends Plan {
  attempts: WipedDisk['attempts'];
  durationMs: number;
}

/** The disks of a PC that goes out of service, wiped and proven to be empty. Throws DISK_NOT_WIPED, and whatever is refused before that. */
export const wipe = async (claimed: ClaimedRemoval, tools: OrderTools): Promise<RemovalEvidence> => {
  const started = performance.now();
  const plans = await plan(claimed, tools);
  const onDisk = async <Result>(
    stage: 'wiping' | 'verifying',
    disk: Disk,
    work: (tools: Parameters<typeof wipeDisk>[2]) => Promise<Result>,
  ): Promise<Result> => {
    const device = await openBlockDevice(disk.path);
    const { run, signal, log, stages } = tools;
    try {
      return await work({
        device,
        run,
        signal,
        log,
        began: (totalBytes) => stages.begin(stage, totalBytes),
        advanced: (bytes) => stages.advanced(bytes),
      });
    } finally {
      await device.close();
    }
  };

  const wiped: Wiped[] = [];
  for (const one of plans) {
    const before = performance.now();
    const attempts = await onDisk('wiping', one.disk, (on) => wipeDisk(one.disk, one.techniques, on));
    wiped.push({ ...one, attempts, durationMs: performance.now() - before });
  }
  const disks: WipedDisk[] = [];
  for (const { disk, attempts, durationMs } of wiped) {
    const before = performance.now();
    const proof = await onDisk('verifying', disk, (on) =>
      proveEmpty(disk, attempts, claimed.order.options.readBack, on),
    );
    const spentMs = Math.round(durationMs + performance.now() - before);
    disks.push({ ...factsOf(disk), ...proof, durationMs: spentMs });
  }
  const touched = new Set(plans.map(({ disk }) => disk));
  const { agentVersion } = tools;
  const untouched = tools.disks().filter(({ path }) => ![...touched].some((disk) => disk.path === path));
  const durationMs = Math.round(performance.now() - started);
  return { kind: 'removal', agentVersion, durationMs, disks, untouched: untouched.map(factsOf) };
};
