import test from 'ava';
import { evidenceFault } from '../../src/fleet/evidence.ts';
import type { VolumeProof } from '../../src/fleet/order.ts';
import { digest, evidence, image, order } from './samples.ts';

const [head, root] = evidence().volumes as [VolumeProof, VolumeProof];
const faultOf = (volumes: VolumeProof[]) => evidenceFault(order(), image, evidence({ volumes }));

test('evidence that fits has no fault, in whatever order its volumes come', (t) => {
  t.is(evidenceFault(order(), image, evidence()), undefined);
  t.is(faultOf([root, head]), undefined);
  t.is(faultOf([head, { ...root, handover: digest('grown') }]), undefined);
});

test('what does not prove the order is named', (t) => {
  const manifestDigest = digest('another');
  t.regex(evidenceFault(order(), image, evidence({ manifestDigest })) ?? '', /about the manifest/);
  t.regex(evidenceFault(order({ manifestDigest }), image, evidence({ manifestDigest })) ?? '', /now/);
  t.regex(faultOf([head]) ?? '', /no proof for the volume partition 1/);
  t.regex(faultOf([head, head]) ?? '', /no proof for the volume partition 1/);
  t.regex(faultOf([head, root, root]) ?? '', /does not have/);
  t.regex(faultOf([head, { ...root, sizeBytes: 5 }]) ?? '', /no proof for the volume partition 1/);
  const wrong = { ...root, readBack: digest('rotten'), handover: root.readBack };
  t.regex(faultOf([head, wrong]) ?? '', /partition 1 reads back as/);
});

test('another disk than the one asked for is no evidence; each of its names will do', (t) => {
  const fault = (diskId: string) => evidenceFault(order({ diskId }), image, evidence());
  t.is(fault('serial:A'), undefined);
  t.is(fault('A'), undefined);
  t.regex(fault('serial:B') ?? '', /serial:A was written, the order asks for serial:B/);
});
