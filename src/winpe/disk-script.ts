import { windowsLines } from './batch.ts';

export type Firmware = 'bios' | 'uefi';

/** Drive letters of the new Windows and of the partition that starts it, for as long as Windows PE runs. */
export const letters = { windows: 'W', system: 'S' };

const made = (label: string, format: string, letter: string): string[] => [
  `format quick fs=${format} label="${label}"`,
  `assign letter=${letter}`,
];

const system: Record<Firmware, string[]> = {
  // Microsoft's own sizes: 260 MB serve disks of 4,096-byte sectors too (“UEFI/GPT-based hard drive partitions”).
  uefi: [
    'convert gpt',
    'create partition efi size=260',
    ...made('System', 'fat32', letters.system),
    'create partition msr size=16',
  ],
  bios: [
    'convert mbr',
    'create partition primary size=100',
    ...made('System', 'ntfs', letters.system),
    'active',
  ],
};

/** As diskpart counts, from 0 on; `only`: the PC was seen to have one, and another ends the install before anything is written. */
export type TargetDisk = number | 'only';

/** diskpart's script: the whole disk becomes one Windows and what starts it. Pure. */
export const diskScript = (disk: TargetDisk, firmware: Firmware): string =>
  windowsLines([
    `select disk ${disk === 'only' ? 0 : disk}`,
    'clean',
    ...system[firmware],
    'create partition primary',
    ...made('Windows', 'ntfs', letters.windows),
  ]);
