import test from 'ava';
import { captureFault, deployFault, removalFault } from '../../src/fleet/evidence.ts';
import type { VolumeProof } from '../../src/fleet/order-evidence.ts';
import {
  captureEvidence,
  captureOrder,
  digest,
  evidence,
  image,
  order,
  removalEvidence,
  removalOrder,
} from './samples.ts';

const [head, root] = evidence().volumes as [VolumeProof, VolumeProof];
const faultOf = (volumes: VolumeProof[]) => deployFault(order(), image, evidence({ volumes }));

test('evidence that fits has no fault, in whatever order its volumes come', (t) => {
  t.is(deployFault(order(), image, evidence()), undefined);
  t.is(faultOf([root, head]), undefined);
  t.is(faultOf([head, { ...root, handover: digest('grown') }]), undefined);
});

test('what does not prove the order is named', (t) => {
  const manifestDigest = digest('another');
  t.regex(deployFault(order(), image, evidence({ manifestDigest })) ?? '', /about the manifest/);
  t.regex(deployFault(order({ manifestDigest }), image, evidence({ manifestDigest })) ?? '', /now/);
  t.regex(faultOf([head]) ?? '', /no proof for the volume partition 1/);
  t.regex(faultOf([head, head]) ?? '', /no proof for the volume partition 1/);
  t.regex(faultOf([head, root, root]) ?? '', /does not have/);
  t.regex(faultOf([head, { ...root, sizeBytes: 5 }]) ?? '', /no proof for the volume partition 1/);
  const wrong = { ...root, readBack: digest('rotten'), handover: root.readBack };
  t.regex(faultOf([head, wrong]) ?? '', /partition 1 reads back as/);
});

test('another disk than the one asked for is no evidence; each of its names will do', (t) => {
  const fault = (diskId: string) => deployFault(order({ diskId }), image, evidence());
  t.is(fault('serial:A'), undefined);
  t.is(fault('A'), undefined);
  t.regex(fault('serial:B') ?? '', /asks for the disk serial:B, this was done to serial:A/);
});

test('a capture is proven by the version that was published, under the name asked for', (t) => {
  t.is(captureFault(captureOrder(), image, captureEvidence()), undefined);
  t.regex(captureFault(captureOrder({ image: 'debian-12' }), image, captureEvidence()) ?? '', /asks for/);
  t.regex(captureFault(captureOrder({ image: 'deb' }), image, captureEvidence()) ?? '', /asks for deb$/);
  const manifestDigest = digest('another');
  t.regex(captureFault(captureOrder(), image, captureEvidence({ manifestDigest })) ?? '', /has the manifest/);
  t.regex(captureFault(captureOrder({ diskId: 'B' }), image, captureEvidence()) ?? '', /disk B/);
});

test('a removal is about the disk asked for', (t) => {
  t.is(removalFault(removalOrder({ diskId: 'A' }), removalEvidence()), undefined);
  t.regex(removalFault(removalOrder({ diskId: 'B' }), removalEvidence()) ?? '', /serial:A/);
});
