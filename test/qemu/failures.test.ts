import { open, truncate } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import { decodeIndex } from '../../src/image/format/index-file.ts';
import { orderUntil } from '../../src/lab/following.ts';
import { standardPc } from '../../src/lab/standard-pc.ts';
import { stockImage } from '../../src/lab/stock.ts';
import { flipBit, recordOf } from '../image/pack-files.ts';
import { packsIn } from '../image/packs-in.ts';
import { makeSmallImage } from './small-image.ts';
import { assertEvidence, completedAndOff, discover, imagingMs, whileWriting } from './steps.ts';
import { openVirtualRoom, type VirtualRoom } from './virtual-room.ts';

const settings = 'orders:\n  heartbeatSeconds: 1\n  lostAfterSeconds: 25\n';

/** Turns one byte over in the middle of a chunk of the file system, and names the chunk. */
const corruptChunk = async ({ client, imagesFolder }: VirtualRoom, image: string): Promise<string> => {
  const { manifest } = await client.getImage({ params: { image } });
  const volume = manifest.volumes.find(({ kind }) => kind === 'partition');
  const file = await open(path.join(imagesFolder, 'indexes', `${volume?.index}.caibx`));
  const index = decodeIndex(await file.readFile().finally(() => file.close()));
  const items = Array.from({ length: index.count }, (_, item) => item).filter((item) => !index.isZero(item));
  const id = index.id(items[Math.floor(items.length / 2)] ?? 0);
  const chunks = await packsIn(imagesFolder);
  const { file: pack, offset } = recordOf({ folder: imagesFolder, chunks }, id);
  await chunks.close();
  await flipBit(pack, offset + 1000);
  return id;
};

test('a PC killed while it is imaged fails its order, a corrupt chunk fails it by name, and a new order completes', async (t) => {
  const room = await openVirtualRoom(t, { settings, ownImages: true });
  const { client } = room;
  const sourceFile = await makeSmallImage(room.folder);
  const image = await stockImage(client, 'small', sourceFile);
  const pc = await room.addPc(standardPc(1, 'bios'));
  const machine = await discover(pc, room);
  const body = { machine: machine.id, image };

  const killed = await client.fileOrder({ body });
  await whileWriting(killed.id, room);
  await pc.powerOff();
  const lost = await orderUntil(client, killed.id, ({ state }) => state === 'failed', imagingMs);
  t.is(lost.reason?.code, 'AGENT_LOST');
  t.regex(lost.reason?.message ?? '', /writing/);
  t.is(lost.evidence, undefined);

  // What it had written already would not be fetched again.
  await truncate(pc.diskFile, 0);
  await truncate(pc.diskFile, pc.parts.disk.sizeBytes);
  const chunk = await corruptChunk(room, image);
  const spoiled = await client.fileOrder({ body });
  pc.powerOn({ noReboot: true });
  const failed = await orderUntil(client, spoiled.id, ({ state }) => state === 'failed', imagingMs);
  t.true(failed.reason?.message.includes(chunk), failed.reason?.message);
  t.is(failed.evidence, undefined);
  const events = await client.orderEvents({ params: { id: spoiled.id } });
  t.false(events.some(({ to }) => to === 'completed'));

  // The PC waits for its next order: no hand is laid on it.
  await stockAgain(room, sourceFile);
  const again = await client.fileOrder({ body });
  const order = await completedAndOff(again.id, pc, room);
  await assertEvidence(t, { order, pc, sourceFile }, room);
});

/** An import of the same content under another name replaces what is broken in the store. */
const stockAgain = ({ client }: VirtualRoom, sourceFile: string): Promise<string> =>
  stockImage(client, 'small-again', sourceFile);
