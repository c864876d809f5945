import type { InstallValues } from './install-values.ts';
import { settingsOf } from './settings.ts';
import { unfit } from './syntax.ts';

/** A partition that Windows Setup makes; the last one takes what is left. */
interface Partition {
  type: 'EFI' | 'MSR' | 'Primary';
  /** MiB; none: what is left. */
  size?: number;
  format?: 'FAT32' | 'NTFS';
  label?: string;
  letter?: 'C' | 'D';
  isActive?: true;
  typeId?: string;
}

/** 260 MiB are enough also for disks of 4096-byte sectors; 16 MiB is Microsoft's size of the reserved partition. */
const uefiStart: readonly Partition[] = [
  { type: 'EFI', size: 260, format: 'FAT32', label: 'System' },
  { type: 'MSR', size: 16 },
];
const biosStart: Partition = { type: 'Primary', size: 500, format: 'NTFS', label: 'System', isActive: true };
const windows: Partition = { type: 'Primary', format: 'NTFS', label: 'Windows', letter: 'C' };
const data: Partition = { type: 'Primary', format: 'NTFS', label: 'Data', letter: 'D' };
/** Type of a partition of Windows RE on GPT; on MBR it is 0x27. */
const recovery: Partition = {
  type: 'Primary',
  format: 'NTFS',
  label: 'Recovery',
  typeId: 'DE94BBA4-06D1-4D40-A16A-BFD50179D6AC',
};

const behindWindows: Readonly<Record<string, Partition>> = { data, recovery };

const partitionsOf = (values: InstallValues): Partition[] => {
  const { windows_layout: layout, windows_mebibytes: size } = settingsOf(values);
  const isUefi = values.firmware === 'uefi';
  const start = isUefi ? uefiStart : [biosStart];
  if (layout === 'plain') return [...start, windows];
  if (layout === 'single' && !isUefi) return [{ ...windows, isActive: true }];
  const behind = behindWindows[layout];
  if (!behind)
    throw unfit('variables.windows_layout', 'a layout of Windows', `there is no ${layout} for this firmware`);
  if (size < 1)
    throw unfit('variables.windows_mebibytes', 'the size of C:', 'a partition behind C: needs it');
  const last = isUefi ? behind : { ...behind, ...(behind === recovery && { typeId: '0x27' }) };
  return [...start, { ...windows, size }, last];
};

/** Setup counts disks from 0 and knows no other names. */
const diskIdOf = ({ disk }: InstallValues): number => {
  if (disk.device === undefined) return 0;
  if (!/^\d{1,3}$/.test(disk.device))
    throw unfit('disk.device', 'a disk of Windows Setup', 'it counts them: 0, 1, …');
  return Number(disk.device);
};

/** What Microsoft-Windows-Setup's DiskConfiguration and ImageInstall are made of. */
export const windowsDisk = (values: InstallValues) => {
  if (values.disk.fileSystem !== 'ntfs')
    throw unfit('disk.fileSystem', 'a partition of Windows', 'it is always ntfs');
  if (values.firmware === 'bios' && values.disk.table !== 'mbr')
    throw unfit('disk.table', 'a disk of Windows', 'a PC that starts by BIOS has it from an mbr');
  if (values.disk.scheme !== 'plain') throw unfit('disk.scheme', 'a disk of Windows', 'it is always plain');
  const partitions = partitionsOf(values).map((partition, index) => ({
    size: null,
    format: null,
    label: null,
    letter: null,
    isActive: false,
    typeId: null,
    ...partition,
    id: index + 1,
  }));
  return {
    diskId: diskIdOf(values),
    partitions,
    formatted: partitions.filter(({ format }) => format !== null),
    windowsPartition: partitions.find(({ letter }) => letter === 'C')?.id,
  };
};
