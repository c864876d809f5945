import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import type { AdminClient } from '../../src/api/client.ts';
import { type Appliance, startAppliance } from '../../src/lab/appliance.ts';
import { createPc, type Pc } from '../../src/lab/pc.ts';
import type { PcParts } from '../../src/lab/qemu.ts';
import { enterRoom, type Room } from '../../src/lab/room.ts';

/** Kept between runs: the Debian disk and its chunks. */
export const cacheFolder = path.resolve(import.meta.dirname, '../../data/lab');

export interface VirtualRoom {
  room: Room;
  /** Vanishes after the test. */
  folder: string;
  imagesFolder: string;
  client: AdminClient;
  appliance(): Appliance;
  /** SIGKILL, and a new start with the same data. */
  killAndRestart(): Promise<void>;
  addPc(parts: PcParts): Promise<Pc>;
}

export interface VirtualRoomOptions {
  /** The operator's settings, as YAML. */
  settings?: string;
  /** Without it the cache that the Debian tests share. */
  ownImages?: boolean;
  dhcp?: 'server' | 'proxy' | 'off';
}

/** A room with a running appliance and no PC yet; all of it goes when the test ends, well or not. */
export const openVirtualRoom = async (
  t: Pick<ExecutionContext, 'teardown'>,
  { settings, ownImages = false, dhcp = 'server' }: VirtualRoomOptions = {},
): Promise<VirtualRoom> => {
  const room = await enterRoom();
  await mkdir(cacheFolder, { recursive: true });
  const folder = await mkdtemp(path.join(cacheFolder, 'test-'));
  const pcs: Pc[] = [];
  let appliance: Appliance | undefined;
  t.teardown(async () => {
    for (const pc of pcs) await pc.powerOff();
    await appliance?.kill();
    await rm(folder, { recursive: true, force: true });
  });
  const imagesFolder = ownImages ? path.join(folder, 'images') : path.join(cacheFolder, 'store');
  const configFile = path.join(folder, 'settings.yaml');
  await writeFile(configFile, settings ?? '{}\n');
  const start = () =>
    startAppliance(room, {
      data: path.join(folder, 'data'),
      images: imagesFolder,
      logFile: path.join(folder, 'appliance.log'),
      configFile,
      dhcp,
    });
  const first = await start();
  appliance = first;
  return {
    room,
    folder,
    imagesFolder,
    client: first.client,
    appliance: () => appliance ?? first,
    async killAndRestart() {
      await appliance?.kill();
      appliance = await start();
    },
    async addPc(parts) {
      const pc = await createPc(room, parts, path.join(folder, parts.name));
      pcs.push(pc);
      return pc;
    },
  };
};
