import type { Firmware, PcParts } from './qemu.ts';

const gibibyte = 1024 ** 3;
const twoDigits = (number: number): string => number.toString(16).padStart(2, '0');

/** The lab's ordinary PC: 1 GiB of memory, a disk of 4 GiB, numbered from 1. */
export const standardPc = (number: number, firmware: Firmware): PcParts => ({
  name: `lab-pc-${number}`,
  mac: `52:54:00:6e:1f:${twoDigits(number)}`,
  uuid: `6e1f0000-0000-4000-8000-0000000000${twoDigits(number)}`,
  firmware,
  memoryMiB: 1024,
  // Emulated processors hold each other up: with two, an agent unpacks a tenth of what it does with one (measured, two host cores).
  cpus: 1,
  nic: 'virtio-net-pci',
  disk: { bus: 'virtio', serial: `LABDISK${number}`, sizeBytes: 4 * gibibyte },
});
