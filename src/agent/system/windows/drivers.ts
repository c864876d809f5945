import { createHash } from 'node:crypto';
import path from 'node:path';
import { GreifError } from '../../../core/errors.ts';
import { type DriverPackage, sizeOf } from '../../../drivers/package.ts';
import { report } from '../report.ts';
import { describedPackage } from './driver-source.ts';
import { readValues, setValues } from './registry.ts';
import { softwareHive, type WindowsStep, type WindowsSystem } from './windows-step.ts';

export const driverFolder = 'Windows/GreifDrivers';

/** Passes the bytes on and throws DRIVER_INVALID at the end when they are not those, or at once when they are too many. */
async function* proven(
  bytes: AsyncIterable<Uint8Array>,
  { path: file, sizeBytes, digest }: DriverPackage['files'][number],
): AsyncGenerator<Uint8Array> {
  const sum = createHash('sha256');
  let count = 0;
  for await (const piece of bytes) {
    count += piece.length;
    if (count > sizeBytes) break;
    sum.update(piece);
    yield piece;
  }
  if (count !== sizeBytes || sum.digest('hex') !== digest)
    throw new GreifError('DRIVER_INVALID', `the driver file ${file} did not come as the appliance has it`);
}

const copyPackage = async (driver: DriverPackage, { files, drivers }: WindowsSystem): Promise<void> => {
  const root = `${driverFolder}/${driver.name}`;
  const folders = new Set(driver.files.map((file) => path.posix.join(root, path.posix.dirname(file.path))));
  for (const folder of folders) await files.makeFolder(folder);
  for (const file of driver.files)
    await drivers.read(driver.name, file.digest, (bytes) =>
      files.write(`${root}/${file.path}`, proven(bytes, file)),
    );
};

/** Where Windows looks for drivers of devices that it finds; folders below are not looked into. */
const deviceKey = 'Microsoft\\Windows\\CurrentVersion';
const ownEntry = /^%SystemRoot%\\GreifDrivers\\/i;

/** Keeps the image's own entries, and none of an earlier order's. */
const setDevicePath = async (folders: readonly string[], { files, run }: WindowsSystem): Promise<boolean> => {
  const hive = await files.locate(softwareHive);
  if (hive === undefined) return false;
  const values = await readValues(hive, deviceKey, run);
  if (values === undefined) return false;
  const before = values.find(({ name }) => name.toLowerCase() === 'devicepath')?.text ?? '%SystemRoot%\\inf';
  const kept = before.split(';').filter((entry) => entry !== '' && !ownEntry.test(entry));
  const own = folders.map(
    (folder) => `%SystemRoot%\\${folder.slice('Windows/'.length).replaceAll('/', '\\')}`,
  );
  await setValues(
    hive,
    deviceKey,
    [{ name: 'DevicePath', kind: 'expandstring', text: [...kept, ...own].join(';') }],
    run,
  );
  return true;
};

/** The packages for this PC, in a folder of its Windows, which looks there for the driver of every device that it finds. */
export const giveDrivers: WindowsStep = async (system) => {
  const { files, kit, drivers } = system;
  const wasThere = await files.remove(driverFolder);
  if (kit.drivers.length === 0)
    return report(
      'drivers',
      'skipped',
      'the appliance has none for this PC',
      ...(wasThere ? ['those of an earlier order are removed'] : []),
    );
  const infFolders = new Set<string>();
  const told: string[] = [];
  for (const wanted of kit.drivers) {
    const driver = await describedPackage(drivers, wanted);
    await copyPackage(driver, system);
    for (const inf of driver.infs)
      infFolders.add(path.posix.join(driverFolder, driver.name, path.posix.dirname(inf.path)));
    told.push(`${driver.name} (${wanted.reason}; ${driver.files.length} files, ${sizeOf(driver)} bytes)`);
  }
  if (await setDevicePath([...infFolders], system)) return report('drivers', 'done', ...told);
  return report(
    'drivers',
    'warning',
    'ATTENTION: DevicePath could not be set, so Windows gets them at the end of its setup only (SetupComplete.cmd)',
    ...told,
  );
};
