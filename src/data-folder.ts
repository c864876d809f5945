import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { GreifError } from './core/errors.ts';
import { type Lock, takeLock } from './image/store/lock.ts';

/** An appliance that was killed a moment ago still lets go. */
const letGoMs = 3000;

/**
 * Makes the data folder this appliance's own until the lock is released, or the process ends. Throws CONFIG_INVALID while another appliance runs on it: two
 * would hand out the same addresses and orders.
 */
export const claimDataFolder = async (folder: string): Promise<Lock> => {
  await mkdir(folder, { recursive: true });
  const late = AbortSignal.timeout(letGoMs);
  const lock = await takeLock(path.join(folder, 'appliance.lock'), 'exclusive', {
    wait: true,
    signal: late,
  }).catch((cause) => {
    if (late.aborted) return undefined;
    throw cause;
  });
  if (lock) return lock;
  throw new GreifError(
    'CONFIG_INVALID',
    `another appliance is running on ${folder}: stop it first, or give this one a folder of its own with --data`,
  );
};
