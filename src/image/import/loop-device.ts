import { open } from 'node:fs/promises';
import { runTool } from './run-tool.ts';

/**
 * A stretch of a file as a block device that cannot be written, for programs that know no offsets; it vanishes when `use` ends, however this process ends. `undefined`, without
 * calling `use`, where this process may make none (not root, a container).
 */
export const withLoopDevice = async <Result>(
  file: string,
  { firstByte, sizeBytes }: { firstByte: number; sizeBytes: number },
  use: (device: string) => Promise<Result>,
): Promise<Result | undefined> => {
  const place = ['--offset', `${firstByte}`, '--sizelimit', `${sizeBytes}`];
  const { status, output } = await runTool('losetup', ['--find', '--show', '--read-only', ...place, file]);
  if (status !== 0) return undefined;
  const device = output.trim();
  const handle = await open(device, 'r');
  try {
    // While it is open this only marks it: the kernel lets it go with the last who has it open.
    await runTool('losetup', ['--detach', device]);
    return await use(device);
  } finally {
    await handle.close();
  }
};
