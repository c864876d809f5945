import { deviceOf } from '../disk-device.ts';
import type { AnswerFormat } from '../format.ts';
import type { InstallValues } from '../install-values.ts';
import { xml } from '../syntaxes/xml.ts';
import { checkAutoyast } from '../xml-check.ts';

interface Part {
  mountPoint?: string;
  fileSystem?: string;
  /** As AutoYaST has it: `512MiB`, `max`. */
  size: string;
  /** libparted's number of the type, where the file system does not say it. */
  partitionId?: number;
  group?: string;
  name?: string;
}

const swapOf = ({ disk }: InstallValues): Part[] =>
  disk.swapMebibytes === 0
    ? []
    : [
        {
          mountPoint: 'swap',
          fileSystem: 'swap',
          size: disk.swapMebibytes ? `${disk.swapMebibytes}MiB` : 'auto',
        },
      ];

const partsOf = (values: InstallValues): Part[] => {
  const { disk, firmware } = values;
  const loader: Part[] =
    firmware === 'uefi'
      ? [{ mountPoint: '/boot/efi', fileSystem: 'vfat', size: '512MiB', partitionId: 259 }]
      : disk.table === 'gpt'
        ? [{ size: '8MiB', partitionId: 263 }]
        : [];
  if (disk.scheme === 'plain')
    return [...loader, ...swapOf(values), { mountPoint: '/', fileSystem: disk.fileSystem, size: 'max' }];
  return [
    ...loader,
    { mountPoint: '/boot', fileSystem: 'ext4', size: '1GiB' },
    { size: 'max', partitionId: 142, group: 'system' },
  ];
};

const volumesOf = (values: InstallValues): Part[] =>
  values.disk.scheme === 'plain'
    ? []
    : [
        ...swapOf(values).map((part) => ({ ...part, name: 'swap' })),
        { mountPoint: '/', fileSystem: values.disk.fileSystem, size: 'max', name: 'root' },
      ];

const complete = (part: Part) => ({
  mountPoint: null,
  fileSystem: null,
  partitionId: null,
  group: null,
  name: null,
  ...part,
});

/** SUSE Linux Enterprise 15 and openSUSE Leap 15. */
export const autoyast: AnswerFormat = {
  name: 'autoyast',
  syntax: xml,
  files: [{ name: 'autoinst.xml', contentType: 'application/xml; charset=utf-8', template: 'autoyast' }],
  facts: (values) => ({
    device: deviceOf(values),
    partitions: partsOf(values).map(complete),
    volumes: volumesOf(values).map(complete),
    loader: values.firmware === 'uefi' ? 'grub2-efi' : 'grub2',
    // Groups are joined by the install script: here AutoYaST wants them to be there already.
    language: values.locale.replace(/\..*/, ''),
  }),
  check: checkAutoyast,
};
