import path from 'node:path';
import type { Nic } from '../../fleet/inventory.ts';
import type { Sysfs } from './sysfs.ts';

/** ARPHRD_ETHER, if_arp(7). */
const ethernet = 1;

const readNic = (sysfs: Sysfs, name: string): Nic => {
  const folder = `sys/class/net/${name}`;
  const driver = sysfs.target(`${folder}/device/driver`);
  const speed = sysfs.number(`${folder}/speed`);
  return {
    name,
    mac: sysfs.text(`${folder}/address`) ?? '',
    driver: driver && path.basename(driver),
    linkUp: sysfs.number(`${folder}/carrier`) === 1,
    speedMbps: speed && speed > 0 && speed < 10_000_000 ? speed : undefined,
  };
};

/** Physical network cards: what has a device behind it; bridges, bonds and the loopback have none. */
export const readNics = (sysfs: Sysfs): Nic[] =>
  sysfs
    .names('sys/class/net')
    .filter((name) => sysfs.target(`sys/class/net/${name}/device`) !== undefined)
    .filter((name) => sysfs.number(`sys/class/net/${name}/type`) === ethernet)
    .map((name) => readNic(sysfs, name))
    .filter(({ mac }) => /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac) && mac !== '00:00:00:00:00:00');
