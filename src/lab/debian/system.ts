import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { GreifError } from '../../core/errors.ts';
import { run, runContained } from '../program.ts';
import { filesAfterSetup, filesBeforeSetup, finishingTouches, grubMenu, packages, suite } from './recipe.ts';

export type Tell = (step: string) => void;

/** The mirror that this machine's own apt uses for Debian. Throws STEP_FAILED when it uses none. */
export const debianMirror = async (): Promise<string> => {
  const lines = (
    await run('apt-get', ['indextargets', '--format', '$(REPO_URI) $(ORIGIN) $(COMPONENT)'])
  ).split('\n');
  const found = lines.find((line) => /^\S+\/debian\/? Debian main$/.test(line));
  if (!found)
    throw new GreifError(
      'STEP_FAILED',
      'this machine’s apt knows no Debian mirror: add one to /etc/apt/sources.list and run apt-get update',
    );
  return found.split(' ')[0] ?? '';
};

const writeFiles = async (root: string, files: Record<string, string>): Promise<void> => {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), text);
  }
};

const kernelVersion = async (root: string): Promise<string> => {
  const kernel = (await readdir(path.join(root, 'boot'))).find((name) => name.startsWith('vmlinuz-'));
  if (!kernel) throw new GreifError('STEP_FAILED', 'debootstrap installed no kernel');
  return kernel.slice('vmlinuz-'.length);
};

/** Debian's own words while it installs, one a package. */
const debootstrapStep = (line: string): string | undefined => /^I: (\w+ing [\w.+-]+)/.exec(line)?.[1];

/** Makes the system's files in the folder `root`, which must be absent. Needs root and the machine's Debian mirror. */
export const buildSystem = async (
  root: string,
  tell: Tell,
  signal: AbortSignal | undefined,
): Promise<void> => {
  const onLine = (line: string) => {
    const step = debootstrapStep(line);
    if (step) tell(`Debian: ${step.toLowerCase()}`);
  };
  const mirror = await debianMirror();
  const included = `--include=${packages.join(',')}`;
  await runContained('debootstrap', ['--foreign', '--variant=minbase', included, suite, root, mirror], {
    onLine,
    signal,
  });
  await writeFiles(root, filesBeforeSetup);
  await runContained('chroot', [root, '/debootstrap/debootstrap', '--second-stage'], { onLine, signal });
  await chmod(root, 0o755);
  await writeFiles(root, filesAfterSetup);
  await runContained('chroot', [root, 'sh', '-s'], { input: finishingTouches, signal });
  await writeFiles(root, { 'boot/grub/grub.cfg': grubMenu(await kernelVersion(root)) });
};
