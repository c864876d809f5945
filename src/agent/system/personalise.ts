import type { Log } from '../../core/log.ts';
import type { Manifest, Volume } from '../../image/format/manifest.ts';
import type { Run } from '../programs.ts';
import { type DiskVolume, readVolumes } from './disk-volumes.ts';
import { findLinux, type LinuxRoot, linuxFileSystems, personaliseLinux, unopenedBy } from './linux/linux.ts';
import type { WithMount } from './mount.ts';
import type { StepReport } from './step.ts';

export interface PersonaliseTools {
  run: Run;
  withMount: WithMount;
  log: Log;
}

export interface Personalised {
  steps: StepReport[];
  /** Whether a step may have written to the volume. */
  isChanged(volume: Pick<Volume, 'partition'>): boolean;
}

const skipped = (detail: string): Personalised => ({
  steps: [{ name: 'personalise', outcome: 'skipped', detail }],
  isChanged: () => false,
});

/** Looks into every file system that may hold an operating system, without changing a byte of it. */
const findSystems = async (volumes: readonly DiskVolume[], withMount: WithMount): Promise<LinuxRoot[]> => {
  const systems: LinuxRoot[] = [];
  for (const volume of volumes) {
    const fileSystem = volume.type ?? '';
    if (!linuxFileSystems.includes(fileSystem)) continue;
    const mount = { device: volume.device, fileSystem, readOnly: true };
    systems.push(...(await withMount(mount, (mounted) => findLinux(volume, fileSystem, mounted))));
  }
  return systems;
};

const noSystem = (volumes: readonly DiskVolume[]): string => {
  const unopened = volumes.flatMap((volume) => unopenedBy(volume) ?? []);
  const why = unopened.length > 0 ? `: ${unopened.join(', ')}, which is not opened` : '';
  return `the image holds no system in a file system that is known here${why}`;
};

/**
 * Makes the installed system this PC's own: its names, keys and settings. An image without a system, or with several, is left alone.
 * Throws STEP_FAILED.
 */
export const personalise = async (
  disk: string,
  manifest: Manifest,
  hostName: string,
  tools: PersonaliseTools,
): Promise<Personalised> => {
  const volumes = await readVolumes(disk, manifest, tools.run);
  const [system, ...others] = await findSystems(volumes, tools.withMount);
  if (!system) return skipped(noSystem(volumes));
  if (others.length > 0) return skipped(`the image holds ${others.length + 1} systems`);
  const { steps, changed } = await personaliseLinux(system, volumes, hostName, tools);
  const partitions = volumes.filter(({ device }) => changed.includes(device)).map((one) => one.partition);
  return {
    steps,
    isChanged: ({ partition }) => partition !== undefined && partitions.includes(partition),
  };
};
