import { randomBytes } from 'node:crypto';
import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import type { CaptureOrder, Order } from '../../src/fleet/order.ts';
import { layout } from '../../src/lab/debian/recipe.ts';
import { run } from '../../src/lab/program.ts';
import { standardPc } from '../../src/lab/standard-pc.ts';
import { hashFile } from './disk-proof.ts';
import { assertBootsFromDisk, completedAndOff, debianDisk, deployed, discover } from './steps.ts';
import { openVirtualRoom } from './virtual-room.ts';

const mebibyte = 2 ** 20;

const asCapture = (order: Order): CaptureOrder => {
  if (order.kind === 'capture') return order;
  throw new Error(`order ${order.id} is there for a ${order.kind}`);
};

/** What an update of the reference PC does to its disk, while it is off. */
const update = async (disk: string, folder: string): Promise<void> => {
  const mounted = path.join(folder, 'mounted');
  await mkdir(mounted);
  await run('mount', ['-o', `loop,offset=${layout.root.firstByte}`, disk, mounted]);
  try {
    await writeFile(path.join(mounted, 'etc/semester'), 'summer\n');
    await writeFile(path.join(mounted, 'usr/share/new-data'), randomBytes(8 * mebibyte));
  } finally {
    await run('umount', [mounted]);
  }
};

test('a Debian PC is captured, deployed to a larger PC, updated, captured again and deployed as a delta; all boot', async (t) => {
  const debian = await debianDisk(t);
  const room = await openVirtualRoom(t, { ownImages: true });
  const { client } = room;
  const { size: sizeBytes } = await stat(debian);
  const reference = await room.addPc({
    ...standardPc(1, 'bios'),
    disk: { bus: 'virtio', serial: 'REFERENCE', sizeBytes },
  });
  await run('cp', ['--sparse=always', debian, `${reference.diskFile}.copy`]);
  await rename(`${reference.diskFile}.copy`, reference.diskFile);

  const original = await hashFile(reference.diskFile);
  const golden = await discover(reference, room);
  const capture = { kind: 'capture', machine: golden.id, image: 'golden' } as const;
  const filed = await client.fileOrder({ body: capture });
  const first = asCapture(await completedAndOff(filed.id, reference, room));
  t.is(await hashFile(reference.diskFile), original, 'not one byte of the disk changed');
  const { evidence } = first;
  t.is(evidence?.image, 'golden@1');
  const { manifest } = await client.getImage({ params: { image: 'golden@1' } });
  t.like(manifest.source, { kind: 'machine', machine: { id: golden.id } });
  const root = manifest.volumes.find(({ partition }) => partition === 3);
  t.is(evidence?.volumes.find(({ partition }) => partition === 3)?.how, 'used blocks');
  t.true(root && root.dataBytes < layout.root.sizeBytes / 2, 'free space is not kept');

  await update(reference.diskFile, room.folder);
  const second = await client.fileOrder({ body: capture });
  reference.powerOn({ noReboot: true });
  const target = await room.addPc(standardPc(2, 'bios'));
  const student = await discover(target, room);
  const order = { machine: student.id, hostName: 'student-01' };
  const fresh = await client.fileOrder({ body: { ...order, image: 'golden@1' } });
  const whole = deployed(await completedAndOff(fresh.id, target, room));
  t.true(target.parts.disk.sizeBytes > reference.parts.disk.sizeBytes);
  const booted = assertBootsFromDisk(t, { order: whole, pc: target }, room);
  const updated = asCapture(await completedAndOff(second.id, reference, room));
  t.is(updated.evidence?.image, 'golden@2');
  const newShare = (updated.evidence?.sentBytes ?? 0) / (evidence?.sentBytes ?? 0);
  t.true(newShare < 0.15, `${newShare} of the first capture was sent again`);
  await booted;
  await target.powerOff();

  const next = await client.fileOrder({ body: { ...order, image: 'golden@2' } });
  target.powerOn({ noReboot: true });
  const delta = deployed(await completedAndOff(next.id, target, room));
  const fetchedShare = (delta.evidence?.fetchedBytes ?? 0) / (whole.evidence?.fetchedBytes ?? 0);
  t.true(fetchedShare < 0.3, `${fetchedShare} of the first deployment was fetched again`);
  t.log(`captured again: ${newShare} of the first; deployed again: ${fetchedShare}`);
  reference.powerOn();
  await Promise.all([
    assertBootsFromDisk(t, { order: delta, pc: target }, room),
    reference.serial.waitFor(/golden login:/, 8 * 60_000),
  ]);
});
