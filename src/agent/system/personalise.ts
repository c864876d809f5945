import type { Manifest, Volume } from '../../image/format/manifest.ts';
import { type DiskVolume, withDiskVolumes } from './disk-volumes.ts';
import { findSystems, type Root } from './find-systems.ts';
import { personaliseLinux, unopenedBy } from './linux/linux.ts';
import type { StepReport } from './step.ts';
import type { PersonalisedSystem, SystemTools } from './system-tools.ts';
import { personaliseWindows, type WindowsOrder } from './windows/windows.ts';

/** Whose system it shall be, and what the order brings for it. */
export interface PersonalOrder {
  hostName: string;
  /** Without it a Windows is left alone. */
  windows?: WindowsOrder | undefined;
}

export interface Personalised {
  steps: StepReport[];
  /** Whether a step may have written to the volume. */
  isChanged(volume: Pick<Volume, 'partition'>): boolean;
}

const skipped = (name: string, detail: string): PersonalisedSystem => ({
  steps: [{ name, outcome: 'skipped', detail: detail.slice(0, 1024) }],
  changed: [],
});

const noSystem = (volumes: readonly DiskVolume[]): string => {
  const unopened = volumes.flatMap((volume) => unopenedBy(volume, volumes) ?? []);
  const why = unopened.length > 0 ? `: ${unopened.join(', ')}, which is not opened` : '';
  return `the image holds no system in a file system that is known here${why}`;
};

/**
 * Makes the installed systems this PC's own: names, keys, drivers and settings; a Linux and a Windows beside each other too. Of several of a
 * kind none is touched. Throws STEP_FAILED, FILE_SYSTEM_UNCLEAN, HOST_NAME_INVALID, DRIVER_*.
 */
export const personalise = (
  disk: string,
  manifest: Pick<Manifest, 'table'>,
  order: PersonalOrder,
  tools: SystemTools,
): Promise<Personalised> =>
  withDiskVolumes(disk, manifest, tools.run, (volumes) => personaliseIn(volumes, order, tools));

const personaliseIn = async (
  volumes: readonly DiskVolume[],
  { hostName, windows }: PersonalOrder,
  tools: SystemTools,
): Promise<Personalised> => {
  const systems = await findSystems(volumes, tools.withMount);
  const done: PersonalisedSystem[] = [];
  const only = <Kind extends Root['kind']>(kind: Kind): Extract<Root, { kind: Kind }> | undefined => {
    const found = systems.filter((one): one is Extract<Root, { kind: Kind }> => one.kind === kind);
    if (found.length > 1) done.push(skipped(kind, `the image holds ${found.length} systems of this kind`));
    return found.length === 1 ? found[0] : undefined;
  };
  const ourLinux = only('linux');
  const ourWindows = only('windows');
  if (ourLinux) done.push(await personaliseLinux(ourLinux, volumes, hostName, tools));
  if (ourWindows)
    done.push(
      windows
        ? await personaliseWindows(ourWindows, hostName, windows, tools)
        : skipped('windows', 'the order brings nothing for it'),
    );
  if (systems.length === 0) done.push(skipped('personalise', noSystem(volumes)));
  const changed = done.flatMap((one) => one.changed);
  const partitions = volumes.filter(({ device }) => changed.includes(device)).map((one) => one.partition);
  return {
    steps: done.flatMap(({ steps }) => steps),
    isChanged: ({ partition }) => partition !== undefined && partitions.includes(partition),
  };
};
