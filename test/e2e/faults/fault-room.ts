import { createCipheriv } from 'node:crypto';
import { truncate } from 'node:fs/promises';
import path from 'node:path';
import { scriptUrl } from '../../../src/boot/loader.ts';
import { parseMac } from '../../../src/core/mac.ts';
import type { Machine } from '../../../src/fleet/machine.ts';
import { discovered } from '../../../src/lab/following.ts';
import type { Pc } from '../../../src/lab/pc.ts';
import { run } from '../../../src/lab/program.ts';
import type { DirectBoot, PcParts } from '../../../src/lab/qemu.ts';
import { standardPc } from '../../../src/lab/standard-pc.ts';
import { stockImage } from '../../../src/lab/stock.ts';
import { makeSmallImage } from '../../qemu/small-image.ts';
import { imagingMs } from '../../qemu/steps.ts';
import { openVirtualRoom, type VirtualRoom } from '../../qemu/virtual-room.ts';

const mebibyte = 2 ** 20;
const noiseBytes = 16 * mebibyte;
export const diskBytes = 2 * noiseBytes;

/** An emulated PC may take minutes to come back, and its screen costs it time. */
const settings = [
  'orders:',
  '  heartbeatSeconds: 1',
  '  lostAfterSeconds: 3600',
  'boot:',
  '  kernelArguments: console=ttyS0,115200 quiet',
  '',
].join('\n');
const agentFiles = path.resolve(import.meta.dirname, '../../../boot/agent');

/** A room with one PC, whose disk has the size of the image: deployed whole, the two are the same file. */
export interface FaultRoom extends VirtualRoom {
  pc: Pc;
  machine: Machine;
  image: string;
  /** The disk that `image` was made of. */
  sourceFile: string;
  /** The same content at other places: a deploy moves and fetches. */
  olderFile: string;
}

/** The same for the same number. */
export const noiseOf = (number: number): Buffer => {
  const key = Buffer.alloc(16);
  key.writeUInt32BE(number);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(noiseBytes));
};

/** What iPXE would be sent for this PC, a boot session with its one-time token included. Throws when the PC is to start from its disk. */
const askBootScript = async ({ room }: VirtualRoom, { mac, uuid }: PcParts): Promise<DirectBoot> => {
  const url = scriptUrl({ mac: parseMac(mac), uuid, arch: 'bios' }, `http://${room.address}:8080`);
  const script = await (await fetch(url)).text();
  const [, commandLine] = /^kernel \S+ initrd=\S+ (.*) \|\| goto failed$/m.exec(script) ?? [];
  if (commandLine === undefined) throw new Error(`no agent is planned for ${mac}:\n${script}`);
  const [kernel, initrd] = ['vmlinuz', 'initrd.img'].map((name) => path.join(agentFiles, name));
  return { kernel: kernel ?? '', initrd: initrd ?? '', commandLine };
};

/** Switches the PC on; it stays off at the end of its order. Firmware and loader, which the other suites show, are left out. */
export const startAgent = async (room: VirtualRoom, pc: Pc): Promise<void> =>
  pc.powerOn({ noReboot: true, directly: await askBootScript(room, pc.parts) });

/** Switches the PC off and gives it another disk: a copy of that one, or an empty one. */
export const layDisk = async (pc: Pc, content?: string, number = 0): Promise<void> => {
  const file = pc.diskFiles[number] ?? '';
  await pc.powerOff();
  await truncate(file, 0);
  if (content) await run('cp', ['--sparse=always', content, file]);
  else await truncate(file, diskBytes);
};

/** A PC that is on and waits for orders; `lay` fills its disks before. */
export const addMachine = async (
  room: VirtualRoom,
  parts: PcParts,
  lay: (pc: Pc) => Promise<void> = async () => {},
): Promise<{ pc: Pc; machine: Machine }> => {
  const pc = await room.addPc(parts);
  await lay(pc);
  await startAgent(room, pc);
  return { pc, machine: await discovered(room.client, pc.parts.mac, imagingMs) };
};

/** The PC has just registered itself and waits for an order; its disk is empty. All of it goes with `teardown`. */
export const openFaultRoom = async (
  teardown: (release: () => Promise<void>) => void,
  seed: number,
): Promise<FaultRoom> => {
  const room = await openVirtualRoom(
    { teardown: (release) => teardown(async () => release()) },
    { settings, ownImages: true },
  );
  const noise = noiseOf(seed);
  const sourceFile = await makeSmallImage(room.folder, { noise });
  const cut = 5 * mebibyte + 12_345;
  const turned = Buffer.concat([noise.subarray(cut), noise.subarray(0, cut)]);
  const olderFile = await makeSmallImage(room.folder, { name: 'older', noise: turned });
  const image = await stockImage(room.client, 'small', sourceFile);
  const disk = { bus: 'virtio', serial: 'FAULTY', sizeBytes: diskBytes } as const;
  return {
    ...room,
    ...(await addMachine(room, { ...standardPc(1, 'bios'), disk })),
    image,
    sourceFile,
    olderFile,
  };
};
