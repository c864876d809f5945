import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Appliance, startAppliance } from '../../src/lab/appliance.ts';

/** The appliance on that interface, with all it keeps below `folder`; its boot files are those that the benchmark puts into `boot/` there. */
export const startBenchAppliance = async (interfaceName: string, folder: string): Promise<Appliance> => {
  const configFile = path.join(folder, 'greif.yaml');
  await writeFile(configFile, `folders: { boot: ${folder}/boot }\n`);
  return startAppliance(
    { bridge: interfaceName },
    {
      data: path.join(folder, 'data'),
      images: path.join(folder, 'images'),
      logFile: path.join(folder, 'appliance.log'),
      configFile,
    },
  );
};
