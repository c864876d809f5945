import { truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeBootStore } from './boot-store.ts';
import { type EspFile, fillEsp } from './esp.ts';
import {
  type FreshDisk,
  make,
  makeFreshDisk,
  type PlacedPartition,
  putVolume,
  type WantedPartition,
} from './fresh-disk.ts';
import { applyWim, chooseWimImage, extractFromWim, listWim, type WimImage, wimHas } from './wim.ts';

const mebibyte = 1024 * 1024;
/** Microsoft’s own sizes for UEFI: 260 MiB serves disks of 4,096-byte sectors too. */
const espBytes = 260 * mebibyte;
const reservedBytes = 16 * mebibyte;
/** Beside the files: records, logs, and room in which the first start can work on a disk of just this size. */
const roomBytes = 512 * mebibyte;
const bytesPerLink = 8 * 1024;

const windowsVolumeBytes = ({ totalBytes, links }: WimImage): number =>
  Math.ceil(totalBytes * 1.1) + links * bytesPerLink + roomBytes;

const bootManager = '/Windows/Boot/EFI/bootmgfw.efi';

const data: Omit<WantedPartition, 'sizeBytes'> = {
  name: 'Basic data partition',
  type: 'EBD0A0A2-B9E5-4433-87C0-68B6B72699C7',
};
const startPartitions: readonly WantedPartition[] = [
  { name: 'EFI system partition', type: 'uefi', sizeBytes: espBytes },
  {
    name: 'Microsoft reserved partition',
    type: 'E3C9E316-0B5C-4DB8-817D-F92DF00215AE',
    sizeBytes: reservedBytes,
  },
];

export interface WindowsDiskOptions {
  wim: string;
  /** Which system of the file; not needed when there is but one. */
  index?: number | undefined;
  /** The raw file to make. */
  target: string;
  /** An empty folder to work in. */
  scratch: string;
  onProgress: (doneBytes: number, totalBytes: number) => void;
  signal?: AbortSignal | undefined;
}

/**
 * Makes a disk of a WIM: the system on a fresh NTFS. A Windows also gets an EFI system partition with its boot manager, and Microsoft’s reserved
 * partition. Throws IMAGE_SOURCE_INVALID, ENOSPC.
 */
export const buildWindowsDisk = async (options: WindowsDiskOptions): Promise<void> => {
  const { wim, target, scratch, onProgress, signal } = options;
  const image = chooseWimImage(wim, await listWim(wim, signal), options.index);
  const starts = await wimHas(wim, image, bootManager, signal);
  const system = { ...data, sizeBytes: windowsVolumeBytes(image) };
  const disk = await makeFreshDisk(target, starts ? [...startPartitions, system] : [system], signal);
  const place = disk.partitions.at(-1) as PlacedPartition;
  const volume = path.join(scratch, 'ntfs');
  await makeNtfs(volume, place, signal);
  await applyWim(wim, image, volume, onProgress, signal);
  await putVolume(volume, disk, place, signal);
  const [esp] = disk.partitions;
  if (starts && esp)
    await fillEsp(disk, esp, await bootFiles(options, image, { disk, esp, windows: place }), signal);
};

const makeNtfs = async (
  volume: string,
  { firstByte, sizeBytes }: PlacedPartition,
  signal: AbortSignal | undefined,
): Promise<void> => {
  await writeFile(volume, '');
  await truncate(volume, sizeBytes);
  const options = ['--quiet', '--fast', '--force', '--sector-size', '512', '--label', 'Windows'];
  // NTFS tells the boot code where on the disk it lies.
  await make('mkntfs', [...options, '--partition-start', `${firstByte / 512}`, volume], { signal });
};

interface WindowsParts {
  disk: FreshDisk;
  esp: PlacedPartition;
  windows: PlacedPartition;
}

/** What `bcdboot` makes for UEFI: the boot manager at its own place and at the fallback path, and the store that leads it to this Windows. */
const bootFiles = async (
  { wim, scratch, signal }: WindowsDiskOptions,
  image: WimImage,
  { disk: { diskGuid }, esp, windows }: WindowsParts,
): Promise<EspFile[]> => {
  await extractFromWim(wim, image, [bootManager], scratch, signal);
  const manager = path.join(scratch, 'bootmgfw.efi');
  const store = path.join(scratch, 'BCD');
  const place = ({ guid }: PlacedPartition) => ({ diskGuid, partitionGuid: guid });
  await makeBootStore(store, place(esp), place(windows), signal);
  return [
    { from: manager, to: 'EFI/Microsoft/Boot/bootmgfw.efi' },
    { from: store, to: 'EFI/Microsoft/Boot/BCD' },
    { from: manager, to: 'EFI/BOOT/BOOTX64.EFI' },
  ];
};
