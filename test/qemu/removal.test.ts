import { open } from 'node:fs/promises';
import test from 'ava';
import { orderUntil } from '../../src/lab/following.ts';
import { standardPc } from '../../src/lab/standard-pc.ts';
import { bootMs, discover, imagingMs } from './steps.ts';
import { openVirtualRoom } from './virtual-room.ts';

const mebibyte = 2 ** 20;
const marker = 'the dean’s secrets, which must not leave the house ';
const settings = 'orders:\n  heartbeatSeconds: 1\n  lostAfterSeconds: 900\n';

const fill = async (file: string, sizeBytes: number): Promise<void> => {
  const block = Buffer.alloc(mebibyte, marker);
  const disk = await open(file, 'r+');
  try {
    for (let at = 0; at < sizeBytes; at += block.length) await disk.write(block, 0, block.length, at);
  } finally {
    await disk.close();
  }
};

/** Bytes that are not zero, and where the first one is. */
const leftOn = async (file: string): Promise<{ bytes: number; firstByte: number }> => {
  const disk = await open(file);
  const block = Buffer.alloc(mebibyte);
  const zeros = Buffer.alloc(mebibyte);
  let [bytes, firstByte] = [0, -1];
  try {
    for (let at = 0; ; at += mebibyte) {
      const { bytesRead } = await disk.read(block, 0, mebibyte, at);
      if (bytesRead === 0) return { bytes, firstByte };
      if (block.equals(zeros)) continue;
      if (firstByte < 0) firstByte = at + block.findIndex((byte) => byte !== 0);
      for (const byte of block.subarray(0, bytesRead)) if (byte !== 0) bytes++;
    }
  } finally {
    await disk.close();
  }
};

test('a PC is wiped and certified; a power cut begins anew, a bad sector is never certified, and it stays out of service', async (t) => {
  const room = await openVirtualRoom(t, { settings, ownImages: true });
  const { client } = room;
  const badByte = 200 * mebibyte;
  const parts = {
    ...standardPc(1, 'bios'),
    disk: { bus: 'nvme', serial: 'NVME1', sizeBytes: 256 * mebibyte },
    moreDisks: [
      { bus: 'scsi', serial: 'SCSI1', sizeBytes: 128 * mebibyte },
      { bus: 'virtio', serial: 'BAD1', sizeBytes: 512 * mebibyte, badByte },
    ],
  } as const;
  const pc = await room.addPc({ ...parts, moreDisks: [...parts.moreDisks] });
  const [nvmeFile = '', scsiFile = '', badFile = ''] = pc.diskFiles;
  for (const [number, { sizeBytes }] of [parts.disk, ...parts.moreDisks].entries())
    await fill(pc.diskFiles[number] ?? '', sizeBytes);
  const machine = await discover(pc, room);
  const file = (body: { disks?: string[]; method?: 'overwrite' }) =>
    client.fileOrder({ body: { kind: 'removal', machine: machine.id, ...body } });
  await t.throwsAsync(file({}), { code: 'DISK_AMBIGUOUS' });

  const hopeless = await file({ disks: ['BAD1'], method: 'overwrite' });
  await orderUntil(client, hopeless.id, ({ state }) => state === 'wiping', imagingMs);
  await pc.powerOff();
  t.true((await leftOn(badFile)).bytes > 4096, 'it was cut short');
  pc.powerOn({ noReboot: true });
  const failed = await orderUntil(client, hopeless.id, ({ state }) => state === 'failed', imagingMs);
  t.is(failed.reason?.code, 'DISK_NOT_WIPED');
  t.regex(failed.reason?.message ?? '', new RegExp(`^1 places .* first at byte ${badByte}:`));
  t.deepEqual(await leftOn(badFile), { bytes: 4096, firstByte: badByte }, 'all around it is gone');
  const events = await client.orderEvents({ params: { id: hopeless.id } });
  t.deepEqual(
    events.flatMap(({ to }) => to ?? []),
    ['filed', 'claimed', 'wiping', 'filed', 'claimed', 'wiping', 'failed'],
  );
  await t.throwsAsync(client.getCertificate({ params: { id: hopeless.id } }), { code: 'NO_CERTIFICATE' });

  const { id } = await file({ disks: ['NVME1', 'SCSI1'] });
  await orderUntil(client, id, ({ state }) => state === 'completed', imagingMs);
  await pc.off();
  const nothing = { bytes: 0, firstByte: -1 };
  t.deepEqual([await leftOn(nvmeFile), await leftOn(scsiFile)], [nothing, nothing]);
  t.is((await leftOn(badFile)).bytes, 4096);
  const certificate = await client.getCertificate({ params: { id } });
  const { statement } = await client.checkCertificate({ body: certificate });
  t.is(statement.machine.uuid, parts.uuid);
  t.deepEqual(
    statement.disks.map(({ serial, sanitization, attempts }) => [
      serial,
      sanitization,
      attempts.map(({ technique, outcome }) => `${technique} ${outcome}`).join(),
    ]),
    [
      ['NVME1', 'purge', 'nvme-user-data-erase zeros'],
      ['SCSI1', 'clear', 'secure-discard refused,discard zeros'],
    ],
  );
  t.deepEqual(
    statement.untouched.map(({ serial }) => serial),
    ['BAD1'],
  );
  t.truthy((await client.getMachine({ params: { machine: machine.id } })).decommissionedAt);

  const { boot: before } = await client.traceBoot({
    params: { pc: pc.parts.mac, boot: 'latest' },
    query: {},
  });
  pc.powerOn();
  const giveUpAt = Date.now() + bootMs;
  for (;;) {
    const query = { waitSeconds: 5 };
    const { boot } = await client.traceBoot({ params: { pc: pc.parts.mac, boot: 'latest' }, query });
    const plan = boot?.id !== before?.id && boot?.steps.find(({ kind }) => kind === 'plan');
    if (plan) {
      t.is(plan.plan, 'local-disk');
      break;
    }
    if (Date.now() > giveUpAt) return t.fail('the PC did not ask what to boot');
  }
});
