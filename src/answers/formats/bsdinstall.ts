import { deviceOf, withoutDev } from '../disk-device.ts';
import type { AnswerFormat } from '../format.ts';
import type { InstallValues } from '../install-values.ts';
import { shell, unfit } from '../syntax.ts';

/** For ufs `DEFAULT`, which is the only one, and a question where there are several. */
const diskOf = (values: InstallValues): string => {
  if (values.disk.device === undefined && values.disk.fileSystem === 'ufs') return 'DEFAULT';
  const name = withoutDev(deviceOf(values));
  if (!/^[a-z]{2,6}\d{1,4}$/.test(name))
    throw unfit('disk.device', 'a disk of FreeBSD', 'name it as in /dev/ada0, /dev/nda0 or /dev/vtbd0');
  return name;
};

const schemeOf = ({ disk, firmware }: InstallValues): string => {
  if (firmware === 'uefi') return 'GPT (UEFI)';
  return disk.table === 'gpt' ? 'GPT (BIOS)' : 'MBR (BIOS)';
};

/** bsdinstall(8), "SCRIPTING": what stands before `#!` is read by the installer, the rest runs in the new system. */
export const bsdinstall: AnswerFormat = {
  name: 'bsdinstall',
  syntax: shell,
  files: [{ name: 'installerconfig', contentType: 'text/plain; charset=utf-8', template: 'bsdinstall' }],
  facts: (values) => {
    const { fileSystem, table, scheme, swapMebibytes } = values.disk;
    if (fileSystem !== 'ufs' && fileSystem !== 'zfs')
      throw unfit('disk.fileSystem', 'a file system of FreeBSD', 'it has ufs and zfs');
    if (scheme === 'lvm') throw unfit('disk.scheme', 'a disk of FreeBSD', 'it is always plain');
    const drive = diskOf(values);
    const swap = swapMebibytes ? `${swapMebibytes}M freebsd-swap, ` : '';
    return {
      drive,
      zfsScheme: schemeOf(values),
      zfsSwap: `${swapMebibytes ?? 0}m`,
      ufsPartitions: `${drive} ${table.toUpperCase()} { ${swap}auto freebsd-ufs / }`,
      distributions: 'kernel.txz base.txz',
      site: values.source.mirrorUrl ?? values.source.url,
      keymap: `${values.keyboard.layout}.kbd`,
      fullHostName: values.domain === undefined ? values.hostName : `${values.hostName}.${values.domain}`,
    };
  },
};
