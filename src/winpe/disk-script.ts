import type { InstallValues } from '../answers/install-values.ts';
import { windowsDisk } from '../answers/windows-disk.ts';
import { windowsLines } from './batch.ts';

type Partition = ReturnType<typeof windowsDisk>['partitions'][number];

/** Drive letters for as long as Windows PE runs: of the new Windows, and of a partition of its own that starts it. */
const letters = { windows: 'W', system: 'S' };

const isWindows = ({ letter }: Partition): boolean => letter === 'C';
const startsIt = ({ type, isActive }: Partition): boolean => type === 'EFI' || isActive;

const letterOf = (partition: Partition): string | undefined => {
  if (isWindows(partition)) return letters.windows;
  return startsIt(partition) ? letters.system : undefined;
};

/** Of Windows RE: required, and without a drive letter (“UEFI/GPT-based hard drive partitions”); on MBR the type alone says so. */
const kindLines = ({ typeId }: Partition): string[] => {
  if (typeId === null) return [];
  return typeId.startsWith('0x')
    ? [`set id=${typeId.slice(2)}`]
    : [`set id=${typeId}`, 'gpt attributes=0x8000000000000001'];
};

const partitionLines = (partition: Partition): string[] => {
  const { type, size, format, label, isActive } = partition;
  const letter = letterOf(partition);
  return [
    `create partition ${type.toLowerCase()}${size === null ? '' : ` size=${size}`}`,
    ...(format === null ? [] : [`format quick fs=${format.toLowerCase()} label="${label}"`]),
    ...(letter === undefined ? [] : [`assign letter=${letter}`]),
    ...(isActive ? ['active'] : []),
    ...kindLines(partition),
  ];
};

export interface PreparedDisk {
  /** For diskpart: empties the disk and makes the same partitions as the answer file asks Setup for. */
  script: string;
  /** For diskpart: succeeds when there is a disk that the appliance does not know of; `undefined` where the profile has chosen one of several. */
  otherDisk: string | undefined;
  /** Drive letters without a colon. */
  windows: string;
  system: string;
}

/** Pure. Throws ANSWER_VALUE_UNFIT. */
export const prepareDisk = (values: InstallValues): PreparedDisk => {
  const { diskId, partitions } = windowsDisk(values);
  const table = values.firmware === 'uefi' ? 'gpt' : 'mbr';
  return {
    script: windowsLines([
      `select disk ${diskId}`,
      'clean',
      `convert ${table}`,
      ...partitions.flatMap(partitionLines),
    ]),
    otherDisk: values.disk.device === undefined ? `select disk ${diskId + 1}` : undefined,
    windows: letters.windows,
    system: partitions.some((one) => startsIt(one) && !isWindows(one)) ? letters.system : letters.windows,
  };
};
