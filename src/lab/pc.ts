import type { ChildProcess } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { copyFile, mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { GreifError } from '../core/errors.ts';
import { exited, hasExited, spawnBound, stop } from './child.ts';
import {
  type DirectBoot,
  diskFileName,
  disksOf,
  type PcParts,
  qemuArguments,
  qemuProgram,
  uefiBuilds,
} from './qemu.ts';
import { qmp } from './qmp.ts';
import type { Room } from './room.ts';
import { SerialConsole } from './serial.ts';

export interface PowerOn {
  /** UEFI has forgotten its boot entries, and no cable is plugged in: only what the disk itself offers starts. */
  forgotten?: boolean;
  /** The PC stays off when it wants to restart: time to look at its disk. */
  noReboot?: boolean;
  /** Firmware and loader are left out. */
  directly?: DirectBoot;
}

/** A virtual PC. Disk and firmware variables outlast its power-ons. */
export interface Pc {
  readonly parts: PcParts;
  readonly diskFile: string;
  /** That one, and those of the other disks. */
  readonly diskFiles: readonly string[];
  /** The interface at the other end of its network cable. */
  readonly tap: string;
  /** What the serial console printed over all power-ons. */
  readonly serialLog: string;
  /** The console of the last power-on. */
  readonly serial: SerialConsole;
  powerOn(options?: PowerOn): void;
  /** Pulls the plug. */
  powerOff(): Promise<void>;
  /** Resolves when the PC is off, by whatever cause. */
  off(): Promise<void>;
  /** The screen as a picture: PNG by its name, else PPM. */
  screenshot(file: string): Promise<void>;
}

const createDisk = async (file: string, sizeBytes: number): Promise<void> => {
  const disk = await open(file, 'wx');
  await disk.truncate(sizeBytes).finally(() => disk.close());
};

/** Puts a PC with an empty disk into the room; `folder` becomes its own. */
export const createPc = async (room: Room, parts: PcParts, folder: string): Promise<Pc> => {
  await mkdir(folder, { recursive: true });
  const diskFiles: string[] = [];
  for (const [number, { sizeBytes }] of disksOf(parts).entries()) {
    const file = path.join(folder, diskFileName(number));
    await createDisk(file, sizeBytes);
    diskFiles.push(file);
  }
  if (parts.firmware !== 'bios')
    await copyFile(uefiBuilds[parts.firmware].variables, path.join(folder, 'variables.fd'));
  const tap = await room.addTap();
  const serialLog = path.join(folder, 'serial.log');
  let serial = new SerialConsole(parts.name, serialLog);
  let qemu: ChildProcess | undefined;

  const powerOn = ({ noReboot = false, forgotten = false, directly }: PowerOn = {}): void => {
    if (qemu && !hasExited(qemu)) throw new GreifError('INTERNAL', `${parts.name} is on already`);
    const console = new SerialConsole(parts.name, serialLog);
    if (forgotten && parts.firmware !== 'bios')
      copyFileSync(uefiBuilds[parts.firmware].variables, path.join(folder, 'variables.fd'));
    const args = qemuArguments(parts, folder, forgotten ? undefined : tap, { noReboot, directly });
    const child = spawnBound(qemuProgram(parts.firmware), args, { stdio: ['pipe', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => console.receive(text));
    child.once('close', () => console.close());
    child.once('error', () => console.close());
    serial = console;
    qemu = child;
  };

  return {
    parts,
    diskFile: diskFiles[0] ?? '',
    diskFiles,
    tap,
    serialLog,
    get serial() {
      return serial;
    },
    powerOn,
    async powerOff() {
      if (qemu) await stop(qemu, 'SIGKILL');
    },
    async off() {
      if (qemu) await exited(qemu);
    },
    screenshot: (file) =>
      qmp(path.join(folder, 'qmp.sock'), 'screendump', {
        filename: file,
        ...(file.endsWith('.png') && { format: 'png' }),
      }),
  };
};
