import { GreifError } from '../core/errors.ts';
import { unfit as unfitDisk } from '../fleet/fixed-disk.ts';
import type { InstallPlan } from '../fleet/install-plan.ts';
import type { Disk } from '../fleet/inventory.ts';
import type { OsSystem } from '../fleet/profile.ts';
import type { InstallValues } from './install-values.ts';
import { machineValues } from './machine-values.ts';

/** What an answer is about beside its plan: who asks, and where. */
export interface InstallPlace {
  orderId: number;
  /** `http://ADDRESS:PORT/sources/NAME/` */
  sourceUrl: string;
  /** The room's cache of Debian packages, as the PC sees it. */
  packageCacheUrl?: string | undefined;
  urls: InstallValues['urls'];
}

/** As udev writes serial numbers and models into names: blanks become one `_`, whatever else is not safe one each. */
const udevName = (text: string): string =>
  text
    .trim()
    .replace(/\s+/g, '_')
    .replace(/[^A-Za-z0-9#+\-.:=@_]/g, '_');

/** What `ID_SERIAL` begins with, by the way through the buses. */
const byModel: Partial<Record<string, string>> = { nvme: 'nvme', sata: 'ata', mmc: 'mmc' };

/** systemd's 60-persistent-storage.rules: the link in /dev/disk/by-id, for the kinds of disk whose link can be told from here. */
const byId = ({ wwn, serial, transport, model }: Disk): string | undefined => {
  const [, scheme, digits] = /^(naa|eui|uuid)\.(.+)$/.exec(wwn ?? '') ?? [];
  if (transport === 'nvme' && scheme !== undefined) return `nvme-${scheme}.${digits}`;
  if (scheme === 'naa') return `wwn-0x${digits}`;
  if (serial === undefined) return undefined;
  // virtio_blk has 20 bytes for it.
  if (transport === 'virtio') return `virtio-${udevName(serial).slice(0, 20)}`;
  const kind = byModel[transport];
  return kind && model && `${kind}-${udevName(model)}_${udevName(serial)}`;
};

/** systemd's path_id: the link in /dev/disk/by-path, for a disk behind one PCI device, from the inventory's bus address. */
const byPath = ({ transport, address = '' }: Disk): string | undefined => {
  const [, pci, unit] =
    /^path:([0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])(?:\/(\d+:\d+:\d+))?$/.exec(address) ?? [];
  if (pci === undefined) return undefined;
  if (unit !== undefined) return `pci-${pci}-scsi-0:${unit}`;
  return transport === 'virtio' ? `pci-${pci}` : undefined;
};

const linkOf = (disk: Disk): string | undefined => {
  const [id, path] = [byId(disk), byPath(disk)];
  if (id !== undefined) return `/dev/disk/by-id/${id}`;
  return path && `/dev/disk/by-path/${path}`;
};

/** Installers that are no Linux have other names for disks: there the disk must be the only one. */
const otherNames: readonly string[] = ['windows', 'freebsd'];

/**
 * The disk by a name that does not move between boots; `undefined` where it is the PC's only one. Throws DISK_AMBIGUOUS where it is not, and has no
 * name that the installer knows.
 */
export const deviceOf = ({ machine, diskId, profile }: InstallPlan): string | undefined => {
  const { disks } = machine.inventory;
  const disk = disks.find(({ id }) => id === diskId);
  const link = disk && !otherNames.includes(profile.system) ? linkOf(disk) : undefined;
  if (link !== undefined) return link;
  if (disks.filter((one) => !unfitDisk(one)).length <= 1) return undefined;
  throw new GreifError(
    'DISK_AMBIGUOUS',
    `${machine.name} has several disks, and the installer of ${profile.system} knows no lasting name of ${diskId}: take the others out while it installs`,
  );
};

/** Whose packages the room's cache keeps. */
const aptSystems: readonly string[] = ['debian', 'ubuntu'] satisfies OsSystem[];

/** Everything that the answer of an install is rendered from. Throws DISK_AMBIGUOUS. Pure. */
export const planValues = (
  plan: InstallPlan,
  { orderId, sourceUrl, packageCacheUrl, urls }: InstallPlace,
): InstallValues => {
  const { machine, profile, hostName, variables } = plan;
  const { mirrorUrl } = profile;
  const proxyUrl = profile.proxyUrl ?? (aptSystems.includes(profile.system) ? packageCacheUrl : undefined);
  return {
    hostName,
    domain: profile.domain,
    order: { id: orderId },
    machine: machineValues(machine),
    system: profile.system,
    release: profile.release,
    architecture: profile.architecture,
    firmware: machine.inventory.firmware,
    source: { url: sourceUrl, mirrorUrl, proxyUrl },
    disk: { ...profile.disk, device: deviceOf(plan) },
    users: profile.users,
    rootPasswordHash: profile.rootPasswordHash,
    packages: profile.packages,
    timeZone: profile.timeZone,
    locale: profile.locale,
    keyboard: profile.keyboard,
    postInstall: profile.postInstall,
    variables: Object.fromEntries(Object.entries(variables).map(([name, { value }]) => [name, value])),
    urls,
  };
};
