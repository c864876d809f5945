import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { asGreifError, GreifError } from '../../core/errors.ts';
import { isEfiSystem } from '../../image/fit/partition-kinds.ts';
import type { Manifest, Partition } from '../../image/format/manifest.ts';
import type { Run } from '../programs.ts';
import { networkFirst, parseBootMenu } from './boot-order.ts';
import type { WithMount } from './mount.ts';
import { partitionPath } from './partition-path.ts';
import type { StepReport } from './step.ts';

/** Marks the entry as ours: what bears it from earlier orders is stale and goes. */
const label = 'Greif disk';
/** UEFI 2.10 section 3.5.1.1, as loaders bear it in their names. */
const ownSuffix = process.arch === 'arm64' ? 'aa64' : 'x64';
/** Where firmware looks without an entry. */
export const fallbackLoader = (suffix = ownSuffix): string => `EFI/BOOT/BOOT${suffix.toUpperCase()}.EFI`;
/** Per vendor folder, best first: shim works with Secure Boot on and off. SUSE's names have no suffix. */
const loaders = (suffix: string): string[] => [
  `shim${suffix}.efi`,
  'shim.efi',
  'bootmgfw.efi',
  `grub${suffix}.efi`,
  'grub.efi',
  `systemd-boot${suffix}.efi`,
];

export const findEsp = ({ table }: Pick<Manifest, 'table'>): Partition | undefined =>
  table.partitions.find(isEfiSystem);

/** From the paths below the ESP: a vendor's loader if there is one, else the fallback (UEFI section 3.5.1.1). Pure. */
export const chooseLoader = (files: readonly string[], suffix = ownSuffix): string | undefined => {
  const isVendors = (file: string, name: string): boolean =>
    new RegExp(`^EFI/(?!BOOT/)[^/]+/(boot/)?${name}$`, 'i').test(file);
  for (const name of loaders(suffix)) {
    const found = files.find((file) => isVendors(file, name));
    if (found) return found;
  }
  return files.find((file) => file.toUpperCase() === fallbackLoader(suffix));
};

export const filesOf = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();

const replaceEntry = async (disk: string, esp: Partition, loader: string, run: Run): Promise<void> => {
  const before = parseBootMenu(await run('efibootmgr', ['-v']));
  for (const { number } of before.entries.filter((entry) => entry.label === label))
    await run('efibootmgr', ['--quiet', '--bootnum', number, '--delete-bootnum']);
  const file = `\\${loader.replaceAll('/', '\\')}`;
  await run('efibootmgr', [
    ...['--quiet', '--create', '--disk', disk, '--part', `${esp.number}`],
    ...['--loader', file, '--label', label],
  ]);
  const menu = parseBootMenu(await run('efibootmgr', ['-v']));
  const made = menu.entries.find((entry) => entry.label === label);
  if (!made) throw new GreifError('STEP_FAILED', 'the firmware did not keep the boot entry');
  await run('efibootmgr', ['--quiet', '--bootorder', networkFirst(menu, made.number).join(',')]);
};

export interface BootEntryTools {
  firmware: 'bios' | 'uefi';
  run: Run;
  withMount: WithMount;
}

/**
 * Makes the firmware's boot entry for the disk, behind the network. A firmware that refuses is no failure while the image has the
 * fallback loader, which needs no entry. Throws STEP_FAILED.
 */
export const makeBootEntry = async (
  disk: string,
  manifest: Pick<Manifest, 'table'>,
  { firmware, run, withMount }: BootEntryTools,
): Promise<StepReport> => {
  const skipped = (detail: string): StepReport => ({ name: 'boot-entry', outcome: 'skipped', detail });
  if (firmware === 'bios') return skipped('this PC starts its disk by BIOS');
  const esp = findEsp(manifest);
  if (!esp) return skipped('the image has no EFI system partition');
  const device = partitionPath(disk, esp.number);
  const files = await withMount({ device, fileSystem: 'vfat', readOnly: true }, filesOf);
  const loader = chooseLoader(files);
  if (!loader)
    return skipped('the EFI system partition of the image holds no boot loader for this processor');
  try {
    await replaceEntry(disk, esp, loader, run);
  } catch (error) {
    if (!files.some((file) => file.toUpperCase() === fallbackLoader())) throw error;
    return skipped(
      `the firmware refused (${asGreifError(error).message}); it starts the disk by ${fallbackLoader()}`.slice(
        0,
        1024,
      ),
    );
  }
  return { name: 'boot-entry', outcome: 'done', detail: `${label}: ${loader}, behind the network` };
};
