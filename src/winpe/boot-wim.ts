import { createWriteStream } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { DriverStore, StoredDriver } from '../drivers/driver-store.ts';
import { addToWim, chooseWimImage, exportFromWim, listWim, type WimImage } from '../image/build/wim.ts';
import type { Medium } from './medium.ts';
import { driverFolder, startFiles } from './start-script.ts';

export interface BootWimParts {
  medium: Pick<Medium, 'digest' | 'bootWim' | 'curl'>;
  drivers: readonly StoredDriver[];
}

/** On an installation medium the second of two, which is Setup. */
const startedImage = async (file: string, signal?: AbortSignal): Promise<WimImage> => {
  const images = await listWim(file, signal);
  return images.find(({ isStarted }) => isStarted) ?? chooseWimImage(file, images, undefined);
};

const putDrivers = async (
  drivers: readonly StoredDriver[],
  store: Pick<DriverStore, 'read'>,
  overlay: string,
  signal?: AbortSignal,
): Promise<void> => {
  for (const { driver } of drivers)
    for (const file of driver.files) {
      const target = path.join(overlay, driverFolder, driver.name, file.path);
      await mkdir(path.dirname(target), { recursive: true });
      const { stream } = await store.read(driver.name, file.digest);
      await pipeline(stream(), createWriteStream(target), { ...(signal && { signal }) });
    }
};

/**
 * Makes of a medium's boot.wim one that starts Greif's script instead of Setup, with drivers and curl in it. `scratch` is an empty folder. Throws
 * IMAGE_SOURCE_INVALID, DRIVER_NOT_FOUND, ENOSPC.
 */
export const prepareBootWim = async (
  { medium: { bootWim, curl }, drivers }: BootWimParts,
  options: { target: string; scratch: string; store: Pick<DriverStore, 'read'>; signal?: AbortSignal },
): Promise<void> => {
  const { target, scratch, store, signal } = options;
  const image = await startedImage(bootWim, signal);
  const overlay = path.join(scratch, 'overlay');
  const programs = path.join(overlay, 'Windows/System32');
  await mkdir(programs, { recursive: true });
  for (const [name, text] of Object.entries(startFiles)) await writeFile(path.join(overlay, name), text);
  if (curl !== undefined) await copyFile(curl, path.join(programs, 'curl.exe'));
  await putDrivers(drivers, store, overlay, signal);
  await exportFromWim(bootWim, image, target, signal);
  await addToWim(target, overlay, signal);
};
