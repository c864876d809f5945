import type { RootedFiles } from '../../../core/rooted-files.ts';
import type { DiskVolume } from '../disk-volumes.ts';
import { report } from '../report.ts';
import { findDevice } from './device-names.ts';
import type { LinuxStep } from './linux-step.ts';

/** Where systems keep their kernel's command line: GRUB, kernel-install(8), and the Boot Loader Specification's entries. */
const lineFiles = ['etc/default/grub', 'etc/kernel/cmdline', 'boot/grub/grub.cfg', 'boot/grub2/grub.cfg'];
const entryFolder = 'boot/loader/entries';
const resumeFolder = 'etc/initramfs-tools/conf.d';

interface Argument {
  file: string;
  key: 'root' | 'resume';
  device: string;
}

/** Comments are left out: Debian's default/grub explains "root=UUID=xxx". */
const argumentsOf = (file: string, text: string): Argument[] =>
  [...text.replace(/^\s*#.*$/gm, '').matchAll(/(?<=^|[\s"'])(root|resume)=("?)([^\s"'$]+)\2(?=[\s"']|$)/gm)]
    .map(([, key = '', , device = '']): Argument => ({ file, key: key as Argument['key'], device }))
    .filter(({ device }) => device.includes('/') || device.includes('='));

/** initramfs-tools(7): `RESUME=` names the swap for which the initramfs waits. */
const resumeOf = (file: string, text: string): Argument[] =>
  [...text.matchAll(/^\s*RESUME=("?)([^\s"]+)\1/gm)]
    .map(([, , device = '']): Argument => ({ file, key: 'resume', device }))
    .filter(({ device }) => device !== 'none' && device !== 'auto');

/** Pure: what will not be found at the start, or perhaps not. */
export const argumentFault = (
  { key, device }: Argument,
  volumes: readonly DiskVolume[],
): string | undefined => {
  const { kind } = findDevice(device, volumes);
  if (kind === 'missing')
    return key === 'resume'
      ? `resume=${device} is not on this disk: every start waits for it, up to 30 s`
      : `root=${device} is not on this disk: this system does not start`;
  return kind === 'by-number' && key === 'root'
    ? `root=${device} is a name that the kernel gave the old disk: use root=UUID=…`
    : undefined;
};

const readArguments = async (files: RootedFiles): Promise<Argument[]> => {
  const entries = (await files.list(entryFolder)).filter((name) => name.endsWith('.conf'));
  const found: Argument[] = [];
  for (const file of [...lineFiles, ...entries.map((name) => `${entryFolder}/${name}`)])
    found.push(...argumentsOf(file, (await files.read(file)) ?? ''));
  for (const name of await files.list(resumeFolder))
    found.push(...resumeOf(`${resumeFolder}/${name}`, (await files.read(`${resumeFolder}/${name}`)) ?? ''));
  return found;
};

/** What kernel and initramfs will look for. Only told: a changed file counts in the initramfs when it is made anew, and it is left alone. */
export const checkKernelArguments: LinuxStep = async ({ files, volumes }) => {
  const found = await readArguments(files);
  const faults = found.flatMap((argument) => {
    const fault = argumentFault(argument, volumes);
    return fault === undefined ? [] : [`ATTENTION /${argument.file}: ${fault}`];
  });
  if (faults.length > 0) return report('kernel-arguments', 'warning', ...new Set(faults));
  return found.length > 0
    ? report('kernel-arguments', 'done', `root= and resume= are on this disk (${found.length} places)`)
    : report('kernel-arguments', 'skipped', 'no command line of the kernel was found');
};
