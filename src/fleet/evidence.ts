import type { ShelvedImage } from './image-shelf.ts';
import type { CaptureOrder, DeployOrder, Order, RemovalOrder } from './order.ts';
import type { CaptureEvidence, DeployEvidence, RemovalEvidence, VolumeProof } from './order-evidence.ts';

type Volume = ShelvedImage['volumes'][number];

const volumeName = ({ kind, partition }: Pick<Volume, 'kind' | 'partition'>): string =>
  partition === undefined ? kind : `${kind} ${partition}`;

const isAbout = (proof: VolumeProof, volume: Volume): boolean =>
  proof.kind === volume.kind && proof.partition === volume.partition && proof.sizeBytes === volume.sizeBytes;

/** Pairs each volume with a proof of its own; the sentence says what is missing, wrong or too much. */
const proofFault = (volumes: readonly Volume[], proofs: readonly VolumeProof[]): string | undefined => {
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

const diskFault = (
  { diskId }: Pick<Order, 'diskId'>,
  disks: readonly { id: string; serial?: string | undefined; wwn?: string | undefined }[],
): string | undefined =>
  diskId === undefined || disks.some(({ id, serial, wwn }) => [id, serial, wwn].includes(diskId))
    ? undefined
    : `the order asks for the disk ${diskId}, this was done to ${disks.map(({ id }) => id).join(', ')}`;

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
  return diskFault(order, [evidence.disk]) ?? proofFault(image.volumes, evidence.volumes);
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
  return diskFault(order, [evidence.disk]);
};

/** Why the evidence does not prove that the disks are empty; `undefined` when it does. Pure. */
export const removalFault = (order: RemovalOrder, evidence: RemovalEvidence): string | undefined =>
  diskFault(order, evidence.disks);
