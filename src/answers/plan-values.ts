import { GreifError } from '../core/errors.ts';
import { unfit as unfitDisk } from '../fleet/fixed-disk.ts';
import type { InstallPlan } from '../fleet/install-plan.ts';
import type { Disk } from '../fleet/inventory.ts';
import type { InstallValues } from './install-values.ts';

/** What an answer is about beside its plan: who asks, and where. */
export interface InstallPlace {
  orderId: number;
  /** `http://ADDRESS:PORT/sources/NAME/` */
  sourceUrl: string;
  urls: InstallValues['urls'];
}

/** As udev writes serial numbers and models into names (util_replace_chars): what is not safe becomes `_`. */
const udevName = (text: string): string => text.trim().replace(/[^A-Za-z0-9#+\-.:=@_]+/g, '_');

/** systemd's 60-persistent-storage.rules: the link below /dev/disk/by-id, for the kinds of disk whose link can be told from here. */
const linkOf = ({ wwn, serial, transport, model }: Disk): string | undefined => {
  const [, scheme, digits] = /^(naa|eui|uuid)\.(.+)$/.exec(wwn ?? '') ?? [];
  if (transport === 'nvme' && scheme !== undefined) return `nvme-${scheme}.${digits}`;
  if (scheme === 'naa') return `wwn-0x${digits}`;
  if (serial === undefined) return undefined;
  // virtio_blk has 20 bytes for it.
  if (transport === 'virtio') return `virtio-${udevName(serial).slice(0, 20)}`;
  if (model === undefined) return undefined;
  if (transport === 'nvme') return `nvme-${udevName(model)}_${udevName(serial)}`;
  return transport === 'sata' ? `ata-${udevName(model)}_${udevName(serial)}` : undefined;
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
  if (link !== undefined) return `/dev/disk/by-id/${link}`;
  if (disks.filter((one) => !unfitDisk(one)).length <= 1) return undefined;
  throw new GreifError(
    'DISK_AMBIGUOUS',
    `${machine.name} has several disks, and the installer of ${profile.system} knows no lasting name of ${diskId}: take the others out while it installs`,
  );
};

/** Everything that the answer of an install is rendered from. Throws DISK_AMBIGUOUS. Pure. */
export const planValues = (plan: InstallPlan, { orderId, sourceUrl, urls }: InstallPlace): InstallValues => {
  const { machine, profile, hostName, variables } = plan;
  const { smbios, firmware } = machine.inventory;
  const { mirrorUrl, proxyUrl } = profile;
  return {
    hostName,
    domain: profile.domain,
    order: { id: orderId },
    machine: {
      name: machine.name,
      room: machine.room ?? '',
      serial: smbios.serial ?? '',
      manufacturer: smbios.manufacturer ?? '',
      product: smbios.product ?? '',
      uuid: machine.uuid ?? '',
      macs: machine.macs,
    },
    system: profile.system,
    release: profile.release,
    architecture: profile.architecture,
    firmware,
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
