import type { DiskVolume } from '../disk-volumes.ts';
import { report } from '../report.ts';
import { checkFstab, type FstabCheck } from './fstab.ts';
import type { LinuxStep, LinuxSystem } from './linux-step.ts';

/** The partition's own signature is renamed, or made where the image has left the swap out. */
const nameSwap = async (
  { device, name }: NonNullable<FstabCheck['swapName']>,
  volumes: readonly DiskVolume[],
  { run }: Pick<LinuxSystem, 'run'>,
): Promise<void> => {
  const [, tag = '', value = ''] = /^(\w+)=(.*)$/.exec(name) ?? [];
  const option = tag.toUpperCase() === 'UUID' ? ['-U', value] : ['-L', value];
  const isSwap = volumes.find((volume) => volume.device === device)?.type === 'swap';
  await run(isSwap ? 'swaplabel' : 'mkswap', [...option, device]);
};

/** fstab(5) held against the disk. A swap that is renamed here is `changedSwap` of the system's result. */
export const holdFstab =
  (onSwap: (device: string) => void): LinuxStep =>
  async (system) => {
    const { files, volumes } = system;
    const text = await files.read('etc/fstab');
    if (text === undefined) return report('fstab', 'skipped', 'the image has none');
    const check = checkFstab(text, volumes);
    if (check.swapName) {
      await nameSwap(check.swapName, volumes, system);
      onSwap(check.swapName.device);
    }
    if (check.text !== text) await files.write('etc/fstab', check.text);
    if (check.warnings.length > 0) return report('fstab', 'warning', ...check.warnings, ...check.fixed);
    return report(
      'fstab',
      'done',
      ...(check.fixed.length > 0 ? check.fixed : [`${check.checked} entries, each on this disk`]),
    );
  };
