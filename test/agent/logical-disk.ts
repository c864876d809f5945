import { program, withLoop } from './loop-disk.ts';
import type { TestPartition } from './system-disk.ts';

/** A logical volume under test. `split` makes it lie in two pieces. */
export interface TestLogicalVolume {
  name: string;
  sizeMiB: number;
  split?: boolean;
  format?: TestPartition['format'];
}

const mebibyte = 2 ** 20;

/** LVM's own programs, where the kernel need not have a device mapper; they warn of that. */
const lvm = (verb: string, ...args: string[]): string =>
  program('env', ['LVM_SUPPRESS_FD_WARNINGS=1', 'lvm', verb, '-q', ...args]);

const placeOf = (device: string, name: string): number => {
  const fields = 'pe_start,vg_extent_size,pvseg_start,lv_name';
  const form = ['--segments', '--noheadings', '--units', 'b', '--nosuffix', '--separator', ';'];
  const rows = lvm('pvs', '--devices', device, '--driverloaded', 'n', ...form, '-o', fields).split('\n');
  const row = rows.map((one) => one.trim().split(';')).find((one) => one[3] === name) ?? [];
  const [start, extent, first] = row.map(Number);
  return Number(start) + Number(first) * Number(extent);
};

/** A physical volume with a group of these volumes. */
export const volumeGroup =
  (group: string, volumes: readonly TestLogicalVolume[]): TestPartition['format'] =>
  (device, folder) => {
    const only = ['--devices', device];
    const blind = [...only, '--driverloaded', 'n'];
    lvm('pvcreate', ...only, device);
    lvm('vgcreate', ...only, group, device);
    const make = ['--activate', 'n', '--zero', 'n', '--wipesignatures', 'n'];
    for (const { name, sizeMiB } of volumes)
      lvm('lvcreate', ...blind, ...make, '--size', `${sizeMiB}m`, '--name', name, group);
    for (const { name } of volumes.filter(({ split }) => split))
      lvm('lvextend', ...blind, '--size', '+4m', `${group}/${name}`);
    for (const { name, sizeMiB, format } of volumes) {
      if (!format) continue;
      const place = ['--offset', `${placeOf(device, name)}`, '--sizelimit', `${sizeMiB * mebibyte}`];
      withLoop(device, (lent) => format(lent, `${folder}/${name}`), place);
    }
  };
