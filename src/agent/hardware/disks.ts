import type { Disk } from '../../fleet/inventory.ts';
import { readDiskIdentity } from './disk-identity.ts';
import type { Sysfs } from './sysfs.ts';

/** Optical and floppy drives, raw flash, and the hidden areas of an eMMC. */
const noDisk = /^(sr|fd|mtdblock|mmcblk\d+(boot|rpmb|gp))/;

/** From the name that the driver gave and the way through the buses. */
export const transportOf = (name: string, devicePath: string): string => {
  if (/\/usb\d+\//.test(devicePath)) return 'usb';
  if (name.startsWith('nvme')) return 'nvme';
  if (name.startsWith('mmcblk')) return 'mmc';
  if (/\/virtio\d+\//.test(devicePath)) return 'virtio';
  if (/\/ata\d+\//.test(devicePath)) return 'sata';
  return name.startsWith('sd') ? 'scsi' : 'other';
};

/** The bus address: what stays when the kernel's numbers (`host0`, `nvme1`) move. */
export const busAddress = (devicePath: string): string => {
  const pci = devicePath.match(/[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]/gi)?.at(-1);
  const port = /\/(ata\d+|usb\d+\/[^/]+)\//.exec(devicePath)?.[1];
  const unit = /\/\d+:(\d+:\d+:\d+)\//.exec(devicePath)?.[1];
  return [pci, port, unit].filter((part) => part !== undefined).join('/') || devicePath;
};

const readDisk = (sysfs: Sysfs, name: string): Disk => {
  const block = `sys/block/${name}`;
  const devicePath = sysfs.target(block) ?? block;
  const { serial, wwn } = readDiskIdentity(sysfs, block);
  const address = `path:${busAddress(devicePath)}`.slice(0, 256);
  return {
    path: `/dev/${name.replaceAll('!', '/')}`,
    id: wwn ? `wwn:${wwn}` : serial ? `serial:${serial}` : address,
    wwn,
    address,
    serial,
    model: sysfs.text(`${block}/device/model`) ?? sysfs.text(`${block}/device/name`),
    // The kernel counts in 512 bytes here, whatever the disk's own sectors are.
    sizeBytes: (sysfs.number(`${block}/size`) ?? 0) * 512,
    logicalSectorBytes: sysfs.number(`${block}/queue/logical_block_size`) ?? 512,
    rotational: sysfs.number(`${block}/queue/rotational`) === 1,
    removable: sysfs.number(`${block}/removable`) === 1,
    readOnly: sysfs.number(`${block}/ro`) === 1,
    transport: transportOf(name, devicePath),
  };
};

/** Real disks with a medium in them: loop, RAM and mapped devices have no `device` behind them, an empty card reader no size. */
export const readDisks = (sysfs: Sysfs): Disk[] =>
  sysfs
    .names('sys/block')
    .filter((name) => !noDisk.test(name) && sysfs.target(`sys/block/${name}/device`) !== undefined)
    .map((name) => readDisk(sysfs, name))
    .filter(({ sizeBytes }) => sizeBytes > 0);
