import { report } from '../report.ts';
import { clearValues, readValues, setValues, subkeys } from './registry.ts';
import { softwareHive, systemHive, type WindowsStep, type WindowsSystem } from './windows-step.ts';

const stateKey = 'Microsoft\\Windows\\CurrentVersion\\Setup\\State';
/** Of an image that was not generalised by sysprep: its setup is over, and no answer file is read any more. */
const complete = 'IMAGE_STATE_COMPLETE';

const imageState = async ({ files, run }: WindowsSystem): Promise<string | undefined> => {
  const hive = await files.locate(softwareHive);
  const values = hive === undefined ? undefined : await readValues(hive, stateKey, run);
  return values?.find(({ name }) => name.toLowerCase() === 'imagestate')?.text;
};

const setName = async (hive: string, hostName: string, { run }: WindowsSystem): Promise<number> => {
  const computer = [{ name: 'ComputerName', kind: 'string', text: hostName.toUpperCase() }];
  const tcpip = ['Hostname', 'NV Hostname'].map((name) => ({ name, kind: 'string', text: hostName }));
  const places = { 'Control\\ComputerName\\ComputerName': computer, 'Services\\Tcpip\\Parameters': tcpip };
  let written = 0;
  for (const set of (await subkeys(hive, run)).filter((name) => /^ControlSet\d{3}$/i.test(name)))
    for (const [key, values] of Object.entries(places)) {
      if ((await readValues(hive, `${set}\\${key}`, run)) === undefined) continue;
      await setValues(hive, `${set}\\${key}`, values, run);
      written += 1;
    }
  return written;
};

/** By the answer file where Windows still reads one, else in the registry. */
export const giveComputerName: WindowsStep = async (system) => {
  const { files, hostName } = system;
  const state = await imageState(system);
  if (state !== complete) return report('computer-name', 'done', `${hostName}, by the answer file`);
  const hive = await files.locate(systemHive);
  const written = hive === undefined ? 0 : await setName(hive, hostName, system);
  if (written === 0)
    return report('computer-name', 'warning', 'ATTENTION: the registry has no place for the name');
  return report(
    'computer-name',
    'warning',
    `${hostName}, in the registry. ATTENTION: the image was not generalised, so this Windows reads no answer file and shares its SID with every PC of the image: run "sysprep /generalize /oobe /shutdown" before the image is taken`,
  );
};

const mountedDevices = 'MountedDevices';

/** Drive letters hang on disk and partition ids; with new ones Windows would give C: to none, and find no profile. */
export const forgetDriveLetters: WindowsStep = async ({ files, hasNewIds, run }) => {
  const name = 'drive-letters';
  if (!hasNewIds) return report(name, 'skipped', 'disk and partitions have the ids that this Windows knows');
  const hive = await files.locate(systemHive);
  const values = hive === undefined ? undefined : await readValues(hive, mountedDevices, run);
  if (hive === undefined || !values?.length) return report(name, 'skipped', 'this Windows remembers none');
  await clearValues(hive, mountedDevices, run);
  return report(name, 'done', `${values.length} entries removed: Windows gives them anew`);
};
