import type { ShelvedImage } from './image-shelf.ts';
import type { Evidence, Order, VolumeProof } from './order.ts';

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

/** Why the evidence does not prove that this order was done; `undefined` when it does. Pure. */
export const evidenceFault = (order: Order, image: ShelvedImage, evidence: Evidence): string | undefined => {
  if (evidence.manifestDigest !== order.manifestDigest)
    return `the evidence is about the manifest ${evidence.manifestDigest}, the order about ${order.manifestDigest}`;
  if (image.digest !== order.manifestDigest)
    return `${order.image} has the manifest ${image.digest} now, the order was filed for ${order.manifestDigest}`;
  const { id, serial, wwn } = evidence.disk;
  if (order.diskId !== undefined && ![id, serial, wwn].includes(order.diskId))
    return `the disk ${id} was written, the order asks for ${order.diskId}`;
  return proofFault(image.volumes, evidence.volumes);
};
