import type { ShelvedImage } from './image-shelf.ts';
import type { Machine } from './machine.ts';
import type { CaptureOrder, DeployOrder, InstallOrder, Order, RemovalOrder } from './order.ts';
import {
  type CaptureEvidence,
  type DeployEvidence,
  type DiskFacts,
  type InstallEvidence,
  type RemovalEvidence,
  sanitizationOf,
  type VolumeProof,
  type WipedDisk,
} from './order-evidence.ts';
import type { OsSystem } from './profile.ts';

type Proof = Omit<VolumeProof, 'handover'>;
type Volume = ShelvedImage['volumes'][number];

const volumeName = ({ kind, partition }: Pick<Volume, 'kind' | 'partition'>): string =>
  partition === undefined ? kind : `${kind} ${partition}`;

const isAbout = (proof: Proof, volume: Volume): boolean =>
  proof.kind === volume.kind && proof.partition === volume.partition && proof.sizeBytes === volume.sizeBytes;

/** Pairs each volume with a proof of its own; the sentence says what is missing, wrong or too much. */
const proofFault = (volumes: readonly Volume[], proofs: readonly Proof[]): string | undefined => {
  const left = [...proofs];
  for (const volume of volumes) {
    const about = left.filter((proof) => isAbout(proof, volume));
    if (about.length === 0) return `there is no proof for the volume ${volumeName(volume)}`;
    const proven = about.find(({ readBack }) => readBack === volume.digest);
    if (!proven)
      return `the volume ${volumeName(volume)} reads back as ${about[0]?.readBack}, the image has ${volume.digest}`;
    left.splice(left.indexOf(proven), 1);
  }
  return left[0] && `there is a proof for a volume ${volumeName(left[0])} that the image does not have`;
};

const diskFault = ({ diskId }: Pick<Order, 'diskId'>, { id, serial, wwn }: DiskFacts): string | undefined =>
  diskId === undefined || [id, serial, wwn].includes(diskId)
    ? undefined
    : `the order asks for the disk ${diskId}, this was done to ${id}`;

/** Why the evidence does not prove that this image is on the disk; `undefined` when it does. Pure. */
export const deployFault = (
  order: DeployOrder,
  image: ShelvedImage,
  evidence: DeployEvidence,
): string | undefined => {
  if (evidence.manifestDigest !== order.manifestDigest)
    return `the evidence is about the manifest ${evidence.manifestDigest}, the order about ${order.manifestDigest}`;
  if (image.digest !== order.manifestDigest)
    return `${order.image} has the manifest ${image.digest} now, the order was filed for ${order.manifestDigest}`;
  return diskFault(order, evidence.disk) ?? proofFault(image.volumes, evidence.volumes);
};

/** Why the evidence does not prove that the disk is in the store as this version; `undefined` when it does. Pure. */
export const captureFault = (
  order: CaptureOrder,
  published: ShelvedImage,
  evidence: CaptureEvidence,
): string | undefined => {
  if (!published.ref.startsWith(`${order.image}@`))
    return `${published.ref} was published, the order asks for ${order.image}`;
  if (published.digest !== evidence.manifestDigest)
    return `${published.ref} has the manifest ${published.digest}, the evidence is about ${evidence.manifestDigest}`;
  return diskFault(order, evidence.disk) ?? proofFault(published.volumes, evidence.volumes);
};

const wipeFault = (asked: DiskFacts, disk: WipedDisk, { method, readBack }: RemovalOrder['options']) => {
  const { id, attempts, sanitization } = disk;
  const { scope, readBytes } = disk.readBack;
  if (disk.sizeBytes !== asked.sizeBytes || disk.serial !== asked.serial || disk.wwn !== asked.wwn)
    return `the disk ${id} is not the one that the order was filed for`;
  const last = attempts.at(-1);
  if (last?.outcome !== 'zeros') return `the disk ${id} did not read back as zeros`;
  if (sanitization !== sanitizationOf(last.technique))
    return `the disk ${id} was wiped by ${last.technique}, which is no ${sanitization}`;
  if (scope !== readBack && scope !== 'whole')
    return `the disk ${id} was read back as a ${scope}, the order asks for the ${readBack}`;
  if (scope === 'whole' ? readBytes !== disk.sizeBytes : readBytes < disk.sizeBytes / 10)
    return `only ${readBytes} bytes of the disk ${id} were read back`;
  if (method === 'nvme-format' && !attempts.some(({ technique }) => technique.startsWith('nvme-')))
    return `the disk ${id} was not formatted as the order asks`;
  return undefined;
};

/** Why the evidence does not prove that just these disks are empty; `undefined` when it does. Pure. */
export const removalFault = ({ options }: RemovalOrder, { disks }: RemovalEvidence): string | undefined => {
  for (const asked of options.disks) {
    const [disk, ...twins] = disks.filter(({ id }) => id === asked.id);
    if (!disk || twins.length > 0)
      return `there are ${twins.length + (disk ? 1 : 0)} proofs for the disk ${asked.id}`;
    const fault = wipeFault(asked, disk, options);
    if (fault !== undefined) return fault;
  }
  return disks.length > options.disks.length ? 'a disk was wiped that the order does not name' : undefined;
};

/** What `ID` of os-release(5) a system bears; of derivatives any that the same installer installs. */
const osIds: Record<OsSystem, readonly string[]> = {
  debian: ['debian'],
  ubuntu: ['ubuntu'],
  rhel: ['rhel', 'rocky', 'almalinux', 'centos', 'ol'],
  fedora: ['fedora'],
  'suse-autoyast': ['sles', 'sled', 'opensuse-leap', 'opensuse-tumbleweed'],
  'suse-agama': ['sles', 'sled', 'opensuse-leap', 'opensuse-tumbleweed'],
  windows: ['windows'],
  freebsd: ['freebsd'],
  // Proxmox VE calls itself by the Debian that it is built on.
  proxmox: ['debian', 'proxmox'],
  arch: ['arch'],
  nixos: ['nixos'],
  flatcar: ['flatcar'],
};

/** Whether a system that calls itself so is one that this installer installs. */
export const isOfSystem = (system: OsSystem, osId: string): boolean => osIds[system].includes(osId);

/** Windows and Proxmox are not counted as their installers are. */
const isReleaseTold = ({ system, release }: InstallOrder['options']): boolean =>
  !['windows', 'proxmox'].includes(system) && /^\d/.test(release);

const majorOf = (release: string): string | undefined => /^\d+/.exec(release)?.[0];

/** udev and kernels write a serial number with blanks, underlines or cut to the 20 bytes of virtio. */
const isSameSerial = (one: string, other: string): boolean => {
  const [first = '', second = ''] = [one, other].map((text) => text.replaceAll(/[^A-Za-z0-9]/g, ''));
  return (
    first === second ||
    (one.length === 20 && other.startsWith(one)) ||
    (other.length === 20 && one.startsWith(other))
  );
};

const systemFault = (
  { options }: InstallOrder,
  { osRelease }: Pick<InstallEvidence, 'osRelease'>,
): string | undefined => {
  if (!osRelease) return 'the PC does not say which system it runs';
  const { id, version, prettyName = id } = osRelease;
  if (!isOfSystem(options.system, id))
    return `the PC runs ${prettyName}, the order is to install ${options.system}`;
  if (version === undefined || !isReleaseTold(options)) return undefined;
  return majorOf(version) === majorOf(options.release)
    ? undefined
    : `the PC runs ${prettyName}, the order is to install release ${options.release}`;
};

/** Why the report is not one of the system that the order is about, on the disk that it names; `undefined` when it is. Pure. */
export const installFault = (
  order: InstallOrder,
  { inventory }: Pick<Machine, 'inventory'>,
  evidence: Pick<InstallEvidence, 'osRelease' | 'diskSerial'>,
): string | undefined => {
  const fault = systemFault(order, evidence);
  const { diskSerial } = evidence;
  if (fault !== undefined || diskSerial === undefined) return fault;
  const asked = inventory.disks.find(({ id }) => id === order.diskId);
  const known = (asked ? [asked] : inventory.disks).flatMap(({ serial }) => serial ?? []);
  if (known.length === 0 || known.some((serial) => isSameSerial(serial, diskSerial))) return undefined;
  return asked
    ? `the order asks for the disk ${asked.id}, the system runs from one with the serial number ${diskSerial}`
    : `the system runs from a disk with the serial number ${diskSerial}, which the machine does not have`;
};
