import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { startAppliance } from '../../src/lab/appliance.ts';
import { createPc, type Pc } from '../../src/lab/pc.ts';
import { enterRoom, type Room } from '../../src/lab/room.ts';
import { standardPc } from '../../src/lab/standard-pc.ts';
import { startPeer } from './boot-peer.ts';
import { type Benchmark, median, rounded } from './result.ts';

const project = path.resolve(import.meta.dirname, '../..');
const bootFolder = path.join(project, 'boot');
const bootWithinMs = 300_000;

/** Power-on to the agent's first line on the serial console. */
const secondsToAgent = async (pc: Pc): Promise<number> => {
  const start = performance.now();
  pc.powerOn();
  try {
    await pc.serial.waitFor(/greif: agent \S+ is running/, bootWithinMs);
    return (performance.now() - start) / 1000;
  } finally {
    await pc.powerOff();
  }
};

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** A PC that neither side has seen before. */
const newPc = (room: Room, number: number, folder: string): Promise<Pc> =>
  createPc(room, standardPc(number, 'bios'), path.join(folder, `pc-${number}`));

interface Boot {
  seconds: number;
  /** What the PC with the next number would get from us. */
  script: string;
}

const bootOurs = async (room: Room, number: number, folder: string): Promise<Boot> => {
  const appliance = await startAppliance(room, {
    data: path.join(folder, `data-${number}`),
    images: path.join(folder, 'images'),
    logFile: path.join(folder, 'appliance.log'),
  });
  try {
    const pc = await newPc(room, number, folder);
    const seconds = await secondsToAgent(pc);
    const { mac } = standardPc(number + 1, 'bios');
    const answer = await fetch(`http://${room.address}:8080/boot/ipxe?mac=${mac}&arch=bios`);
    return { seconds, script: await answer.text() };
  } finally {
    await appliance.stop();
  }
};

const bootTheirs = async (room: Room, number: number, folder: string, script: string): Promise<number> => {
  const stopPeer = await startPeer(room, { folder, bootFolder, script });
  try {
    return await secondsToAgent(await newPc(room, number, folder));
  } finally {
    await stopPeer();
  }
};

/**
 * Power-on to the agent running: our DHCP, TFTP, boot plan and HTTP against dnsmasq and nginx with a static script, both serving the same
 * files to the same kind of PC (BIOS, the network card's iPXE), in turn. Needs root and a prepared boot folder.
 */
export const run: Benchmark = async ({ quick }) => {
  const room = await enterRoom();
  const labFolder = path.join(project, 'data/lab');
  await mkdir(labFolder, { recursive: true });
  const folder = await mkdtemp(path.join(labFolder, 'bench-'));
  try {
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < (quick ? 1 : 3); round++) {
      const { seconds, script } = await bootOurs(room, 2 * round + 1, folder);
      ours.push(seconds);
      theirs.push(await bootTheirs(room, 2 * round + 2, folder, script));
      say(
        `round ${round + 1}: ours ${ours.at(-1)?.toFixed(1)} s, dnsmasq + nginx ${theirs.at(-1)?.toFixed(1)} s`,
      );
    }
    return {
      metrics: {
        ratio_vs_dnsmasq_nginx: rounded(median(ours) / median(theirs)),
        seconds_ours: rounded(median(ours)),
        seconds_dnsmasq_nginx: rounded(median(theirs)),
      },
      goals: { ratio_vs_dnsmasq_nginx: '<=1.1' },
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
