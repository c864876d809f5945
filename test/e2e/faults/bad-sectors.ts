import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Order } from '../../../src/fleet/order.ts';
import { orderUntil } from '../../../src/lab/following.ts';
import type { DiskParts } from '../../../src/lab/qemu.ts';
import { standardPc } from '../../../src/lab/standard-pc.ts';
import { imagingMs } from '../../qemu/steps.ts';
import { addMachine, diskBytes, type FaultRoom, layDisk, noiseOf } from './fault-room.ts';
import { assertStoreWhole } from './store-whole.ts';

const sectorBytes = 512;
const blockBytes = 4096;
/** The protective MBR and the first GPT. */
const tableBytes = 34 * sectorBytes;

/** A sector in the middle of the image's data, and not the first of its block. */
const placeOfData = async ({ sourceFile }: FaultRoom, seed: number): Promise<number> => {
  const noise = noiseOf(seed);
  const found = (await readFile(sourceFile)).indexOf(
    noise.subarray(noise.length / 2, noise.length / 2 + 4096),
  );
  assert.ok(found > 0);
  return found + sectorBytes;
};

/** A PC each of whose disks has one bad sector: no order comes through, each names its place, and nothing half-made starts or is published. */
export const refuseBadSectors = async (room: FaultRoom, seed: number): Promise<string[]> => {
  const { client, image, sourceFile } = room;
  const badByte = await placeOfData(room, seed);
  const bad = { bus: 'virtio', sizeBytes: diskBytes, badByte } as const;
  const [unwritable, unreadable, source]: [DiskParts, DiskParts, DiskParts] = [
    { ...bad, serial: 'UNWRITABLE' },
    { ...bad, serial: 'UNREADABLE', unreadable: true },
    { ...bad, serial: 'SOURCE', unreadable: true },
  ];
  const parts = { ...standardPc(2, 'bios'), disk: unwritable, moreDisks: [unreadable, source] };
  const { pc, machine } = await addMachine(room, parts, (pc) => layDisk(pc, sourceFile, 2));

  const failed = async ({ id }: Order, code: string): Promise<string> => {
    const { reason, evidence } = await orderUntil(client, id, ({ state }) => state === 'failed', imagingMs);
    assert.equal(reason?.code, code, reason?.message);
    const [, named] = /at byte (\d+)/.exec(reason?.message ?? '') ?? [];
    assert.equal(Number(named), badByte - (badByte % blockBytes), reason?.message);
    assert.equal(evidence, undefined);
    return `${code}: ${reason?.message}`;
  };
  const deploy = (serial: string) =>
    client.fileOrder({ body: { machine: machine.id, diskId: serial, image } });
  const capture = { kind: 'capture', machine: machine.id, diskId: source.serial, image: 'spoiled' } as const;
  const refusals = [
    await failed(await deploy(unwritable.serial), 'DISK_WRITE_FAILED'),
    await failed(await deploy(unreadable.serial), 'READ_BACK_MISMATCH'),
    await failed(await client.fileOrder({ body: capture }), 'DISK_READ_FAILED'),
  ];
  await pc.powerOff();
  const images = (await client.listImages()).map(({ ref }) => ref);
  assert.deepEqual(images, [image], 'a capture that failed was published');
  await assertStoreWhole(client);
  for (const file of pc.diskFiles.slice(0, 2))
    assert.ok(
      (await readFile(file)).subarray(0, tableBytes).every((byte) => byte === 0),
      `${file} has a table`,
    );
  return refusals;
};
