import type { Volume } from '../../image/format/manifest.ts';
import type { Run } from '../programs.ts';

/** A swap area over the whole partition, by the names that fstab and the kernel's command line know. Throws STEP_FAILED. */
export const makeSwap = async (
  device: string,
  { uuid, label }: NonNullable<Volume['fileSystem']>,
  run: Run,
): Promise<void> => {
  const names = [...(uuid ? ['--uuid', uuid] : []), ...(label ? ['--label', label] : [])];
  await run('mkswap', ['--force', ...names, device]);
};
