import path from 'node:path';
import { asGreifError } from '../../core/errors.ts';
import { rootedFiles } from '../../core/rooted-files.ts';
import type { Manifest } from '../../image/format/manifest.ts';
import { chooseLoader, fallbackLoader, filesOf, findEsp } from './boot-entry.ts';
import type { WithMount } from './mount.ts';
import { partitionPath } from './partition-path.ts';
import type { StepReport } from './step.ts';

/**
 * What a loader needs beside itself: shim the next stage under the name that it was built for, and the key manager; SUSE's GRUB its
 * configuration. shim's own fallback program is left out: it would put new entries before the network.
 */
const companions = /^(grub|grub(x64|aa64|ia32)|mm(x64|aa64|ia32)|mokmanager)\.efi$|^grub\.cfg$/i;

export interface FallbackCopy {
  from: string;
  to: string;
}

/**
 * From the paths below the ESP: the copies that let firmware without a boot entry start the disk (UEFI 2.10 section 3.5.1.1), the loader
 * itself last; none when it can, or there is no vendor's loader. Pure.
 */
export const planFallback = (files: readonly string[], suffix?: string): FallbackCopy[] => {
  const isThere = (name: string): boolean => files.some((file) => file.toUpperCase() === name.toUpperCase());
  const loader = chooseLoader(files, suffix);
  if (loader === undefined || isThere(fallbackLoader(suffix))) return [];
  const folder = path.dirname(loader);
  const beside = /^(shim|grub)/i.test(path.basename(loader))
    ? files.filter((file) => path.dirname(file) === folder && companions.test(path.basename(file)))
    : [];
  return [
    ...beside
      .filter((file) => file !== loader)
      .map((from) => ({ from, to: `EFI/BOOT/${path.basename(from)}` }))
      .filter(({ to }) => !isThere(to)),
    { from: loader, to: fallbackLoader(suffix) },
  ];
};

const name = 'fallback-loader';

export interface FallbackResult {
  step: StepReport;
  /** The ESP's partition, if it was written to. */
  partition?: number | undefined;
}

const skipped = (detail: string): FallbackResult => ({ step: { name, outcome: 'skipped', detail } });

const copyInto = async (device: string, partition: number, withMount: WithMount): Promise<FallbackResult> => {
  const fallback = fallbackLoader();
  const files = await withMount({ device, fileSystem: 'vfat', readOnly: true }, filesOf);
  const copies = planFallback(files);
  if (copies.length === 0) {
    const isThere = files.some((file) => file.toUpperCase() === fallback.toUpperCase());
    return skipped(isThere ? `${fallback} is there` : 'the image has no boot loader to make it from');
  }
  await withMount({ device, fileSystem: 'vfat', readOnly: false }, (mounted) => copyAll(mounted, copies));
  const detail = `${fallback} made of ${copies.map(({ from }) => from).join(', ')}`;
  return { step: { name, outcome: 'done', detail }, partition };
};

/**
 * Puts the vendor's loader in the place where firmware looks without an entry, so that the disk also starts in another PC or after the
 * firmware has forgotten its entries. An EFI system partition that is full, or cannot be opened, is only told: an entry may still do.
 */
export const makeFallbackLoader = async (
  disk: string,
  manifest: Pick<Manifest, 'table'>,
  withMount: WithMount,
): Promise<FallbackResult> => {
  const esp = findEsp(manifest);
  if (!esp) return skipped('the image has no EFI system partition');
  try {
    return await copyInto(partitionPath(disk, esp.number), esp.number, withMount);
  } catch (error) {
    const detail = `ATTENTION: ${fallbackLoader()} could not be made: ${asGreifError(error).message}`.slice(
      0,
      1024,
    );
    return { step: { name, outcome: 'warning', detail }, partition: esp.number };
  }
};

const copyAll = async (mounted: string, copies: readonly FallbackCopy[]): Promise<void> => {
  const files = rootedFiles(mounted, { anyCase: true });
  await files.makeFolder('EFI/BOOT');
  const written: string[] = [];
  try {
    for (const { from, to } of copies) {
      written.push(to);
      await files.copy(from, to);
    }
  } catch (error) {
    for (const file of written) await files.remove(file);
    throw error;
  }
};
