import test from 'ava';
import { captureFault, deployFault, installFault, removalFault } from '../../src/fleet/evidence.ts';
import type { RemovalOrder } from '../../src/fleet/order.ts';
import type { VolumeProof, WipedDisk, WipeTechnique } from '../../src/fleet/order-evidence.ts';
import {
  captureEvidence,
  captureOrder,
  digest,
  disk as diskOf,
  evidence,
  image,
  installEvidence,
  installOrder,
  inventory,
  machine,
  order,
  removalEvidence,
  removalOrder,
  wiped,
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
  t.regex(
    captureFault(captureOrder({ diskId: 'B' }), image, captureEvidence()) ?? '',
    /disk B, this was done to serial:A/,
  );
});

const [disk] = removalEvidence().disks as [WipedDisk];
const wipeFault = (change: Partial<WipedDisk>, options: Partial<RemovalOrder['options']> = {}) => {
  const asked = removalOrder({ options: { ...removalOrder().options, ...options } });
  return removalFault(asked, removalEvidence({ disks: [{ ...disk, ...change }] })) ?? '';
};
const attempt = (technique: WipeTechnique, outcome: 'zeros' | 'left-data') => ({
  attempts: [{ technique, outcome, detail: '' }],
});

test('a removal is proven by zeros on just the disks that the order names', (t) => {
  t.is(removalFault(removalOrder(), removalEvidence()), undefined);
  const both = { ...removalOrder().options, disks: [wiped, { ...wiped, id: 'serial:B' }] };
  t.regex(removalFault(removalOrder({ options: both }), removalEvidence()) ?? '', /0 proofs .* serial:B/);
  t.regex(removalFault(removalOrder(), removalEvidence({ disks: [disk, disk] })) ?? '', /2 proofs/);
  const more = removalEvidence({ disks: [disk, { ...disk, id: 'serial:C' }] });
  t.regex(removalFault(removalOrder(), more) ?? '', /does not name/);
  t.regex(wipeFault({ serial: 'Z' }), /not the one/);
  t.regex(wipeFault({ sizeBytes: 5 }), /not the one/);
});

test('a wipe that left data, says too much of itself or was not read back is none', (t) => {
  t.regex(wipeFault(attempt('overwrite', 'left-data')), /did not read back as zeros/);
  t.regex(wipeFault({ sanitization: 'purge' }), /discard, which is no purge/);
  t.is(wipeFault({ ...attempt('nvme-crypto-erase', 'zeros'), sanitization: 'purge' }), '');
  const sample = { scope: 'sample', readBytes: wiped.sizeBytes / 9 } as const;
  t.regex(wipeFault({ readBack: sample }), /asks for the whole/);
  t.is(wipeFault({ readBack: sample }, { readBack: 'sample' }), '');
  t.regex(wipeFault({ readBack: { scope: 'whole', readBytes: 512 } }), /only 512 bytes/);
  t.regex(wipeFault({ readBack: { ...sample, readBytes: 512 } }, { readBack: 'sample' }), /only 512/);
  t.regex(wipeFault({}, { method: 'nvme-format' }), /not formatted/);
});

test('the installed system must be the one asked for, on the disk asked for', (t) => {
  const asked = installOrder({ diskId: 'serial:A' });
  const pc = machine();
  const fault = (over: Parameters<typeof installEvidence>[0], order = asked, on = pc) =>
    installFault(order, on, installEvidence(over)) ?? '';
  t.is(fault({}), '');
  t.regex(fault({ osRelease: undefined }), /does not say which system/);
  t.regex(fault({ osRelease: { id: 'ubuntu' } }), /runs ubuntu, the order is to install debian/);
  t.regex(fault({ diskSerial: 'B' }), /asks for the disk serial:A, .* serial number B/);
  t.is(fault({ diskSerial: undefined }), '', 'nobody can tell it of every volume manager');

  const release = (release: string, system: 'rhel' | 'proxmox' = 'rhel') =>
    installOrder({ options: { ...asked.options, system, release } });
  t.is(fault({ osRelease: { id: 'rocky', version: '9.5' } }, release('9.4')), '');
  t.regex(fault({ osRelease: { id: 'rocky', version: '8.10' } }, release('9')), /release 9/);
  t.is(fault({ osRelease: { id: 'debian', version: '12' } }, release('8.2', 'proxmox')), '');

  const named = (serial: string) =>
    machine({ inventory: inventory([], undefined, [{ ...diskOf(serial), id: 'serial:A' }]) });
  t.is(fault({ diskSerial: 'WD_WX 1' }, asked, named('WD-WX1')), '');
  t.is(fault({ diskSerial: 'a serial number of 2' }, asked, named('a serial number of 28 bytes')), '');
  t.regex(fault({ diskSerial: 'B' }, installOrder()), /which the machine does not have/);
});
