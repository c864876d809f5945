import { GreifError } from '../../../core/errors.ts';
import type { RootedFiles } from '../../../core/rooted-files.ts';
import { report } from '../report.ts';
import type { StepReport } from '../step.ts';

const isInitramfs = (name: string): boolean => /^(initrd|initramfs)/.test(name);

const digests = async (files: RootedFiles): Promise<Map<string, string>> => {
  const found = new Map<string, string>();
  for (const name of (await files.list('boot')).filter(isInitramfs)) {
    const digest = await files.digest(`boot/${name}`);
    if (digest !== undefined) found.set(name, digest);
  }
  return found;
};

/** Carries the steps out between two hashes of every initramfs. Throws STEP_FAILED when one of them is not what it was. */
export const withInitramfsUntouched = async (
  files: RootedFiles,
  steps: () => Promise<StepReport[]>,
): Promise<StepReport[]> => {
  const before = await digests(files);
  const reports = await steps();
  const after = await digests(files);
  for (const [name, digest] of before)
    if (after.get(name) !== digest)
      throw new GreifError('STEP_FAILED', `/boot/${name} was changed while the image was personalised`);
  const untouched = [...before].map(([name, digest]) => `${name} (${digest.slice(0, 12)}…)`);
  const own =
    untouched.length > 0
      ? report('initramfs', 'done', `untouched: ${untouched.join(', ')}`)
      : report('initramfs', 'skipped', 'the image has none in /boot');
  return [...reports, own];
};
