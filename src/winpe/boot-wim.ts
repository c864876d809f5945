import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { DriverStore, StoredDriver } from '../drivers/driver-store.ts';
import {
  addToWim,
  chooseWimImage,
  exportFromWim,
  extractFromWim,
  listWim,
  type WimImage,
  wimHas,
} from '../image/build/wim.ts';
import { driverFolder, startFiles } from './start-script.ts';

export interface BootWimParts {
  /** The medium's `sources/boot.wim`. */
  bootWim: string;
  /** Its `sources/install.wim` or `.esd`, in which curl is; where it is not fetched from, none is needed. */
  installWim?: string | undefined;
  drivers: readonly StoredDriver[];
}

/** Windows' own, since Windows 10 1803: Windows PE has all that it needs, but not itself. */
const curl = '/Windows/System32/curl.exe';

/** On an installation medium the second of two, which is Setup. */
const startedImage = async (file: string, signal?: AbortSignal): Promise<WimImage> => {
  const images = await listWim(file, signal);
  return images.find(({ isStarted }) => isStarted) ?? chooseWimImage(file, images, undefined);
};

const putCurl = async (installWim: string, overlay: string, signal?: AbortSignal): Promise<boolean> => {
  const [image] = await listWim(installWim, signal);
  if (!image || !(await wimHas(installWim, image, curl, signal))) return false;
  await extractFromWim(installWim, image, [curl], path.join(overlay, 'Windows/System32'), signal);
  return true;
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

export interface PreparedBootWim {
  /** Whether Windows PE can fetch over HTTP. */
  hasCurl: boolean;
}

/**
 * Makes of a medium's boot.wim one that starts Greif's script instead of Setup, with drivers and curl in it. `scratch` is an empty folder. Throws
 * IMAGE_SOURCE_INVALID, DRIVER_NOT_FOUND, ENOSPC.
 */
export const prepareBootWim = async (
  { bootWim, installWim, drivers }: BootWimParts,
  options: { target: string; scratch: string; store: Pick<DriverStore, 'read'>; signal?: AbortSignal },
): Promise<PreparedBootWim> => {
  const { target, scratch, store, signal } = options;
  const image = await startedImage(bootWim, signal);
  const overlay = path.join(scratch, 'overlay');
  await mkdir(path.join(overlay, 'Windows/System32'), { recursive: true });
  for (const [name, text] of Object.entries(startFiles)) await writeFile(path.join(overlay, name), text);
  const hasCurl =
    (await wimHas(bootWim, image, curl, signal)) ||
    (installWim !== undefined && (await putCurl(installWim, overlay, signal)));
  await putDrivers(drivers, store, overlay, signal);
  await exportFromWim(bootWim, image, target, signal);
  await addToWim(target, overlay, signal);
  return { hasCurl };
};
