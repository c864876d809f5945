import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import path from 'node:path';
import type { AdminClient } from '../../src/api/client.ts';
import { startAppliance } from '../../src/lab/appliance.ts';
import { discovered, orderUntil } from '../../src/lab/following.ts';
import { createPc, type Pc } from '../../src/lab/pc.ts';
import { enterRoom } from '../../src/lab/room.ts';
import { standardPc } from '../../src/lab/standard-pc.ts';
import { stockSource } from '../../src/lab/stock.ts';
import { type Benchmark, rounded } from '../bench/result.ts';
import { installedSystem } from './debian-install/installed-system.ts';
import { installerFiles } from './debian-install/mirror/files.ts';
import { kernelPackage } from './debian-install/mirror/recipe.ts';

const project = path.resolve(import.meta.dirname, '../..');
const cacheFolder = path.join(project, 'data/lab');
const minuteMs = 60_000;
const hostName = 'installed-01';

const say = (line: string): void => void process.stderr.write(`debian-install: ${line}\n`);

/** Text mode, which is emulated faster than any picture, and the screen that the pictures are taken of. */
const settings = 'boot:\n  kernelArguments: nomodeset fb=false console=tty0\n';

const addProfile = (client: AdminClient, serverUrl: string, scheme: 'plain' | 'lvm') =>
  client.addProfile({
    body: {
      name: 'lab',
      system: 'debian',
      release: '13',
      source: 'debian-13',
      disk: { fileSystem: 'ext4', scheme },
      timeZone: 'Europe/Berlin',
      keyboard: { layout: 'de' },
      mirrorUrl: `${serverUrl}/sources/debian-mirror`,
      postInstall: ['echo installed by Greif >/etc/motd'],
      variables: {
        unsigned_mirror: { type: 'boolean', default: true },
        kernel_package: { type: 'string', default: kernelPackage },
      },
      deadlineMinutes: 180,
    },
  });

/** Pictures of the screen, one at each state and one a minute, beside the log of what was seen when. */
const watchScreen = (pc: Pc, folder: string) => {
  let count = 0;
  const shoot = async (name: string): Promise<void> => {
    const file = path.join(folder, `${String(++count).padStart(3, '0')}-${name}.png`);
    await pc.screenshot(file).catch(() => {});
  };
  const timer = setInterval(() => void shoot('minute'), minuteMs);
  return { shoot, stop: () => clearInterval(timer) };
};

/** Throws unless the history has these states in this order. */
const assertHistory = (states: readonly (string | undefined)[]): void => {
  const expected = ['filed', 'claimed', 'installing', 'finishing', 'verifying', 'completed'];
  const seen = states.filter((state) => state !== undefined);
  if (seen.join() !== expected.join()) throw new Error(`the order went ${seen.join(', ')}`);
};

/** @param ca whom to trust, PEM. */
const statusOf = async (url: string, ca: string): Promise<number | undefined> => {
  const [response] = await once(https.get(url, { ca }), 'response');
  response.resume();
  return response.statusCode;
};

/**
 * Debian's own installer on an empty PC in QEMU, with no hand on it: `npm run e2e -- debian-install [--firmware bios|uefi|secureboot] [--scheme plain|lvm]`.
 * Packages come from a small mirror that the appliance serves as an installer source. Needs root; the first time Debian's mirror as well. Pictures of the
 * screen stay in data/lab/screens-FIRMWARE-SCHEME. Throws with what is not as it should be.
 */
export const run: Benchmark = async ({ firmware = 'bios', scheme = 'plain' }) => {
  const files = await installerFiles(cacheFolder, say);
  const room = await enterRoom();
  const folder = await mkdtemp(path.join(cacheFolder, 'install-'));
  const screens = path.join(cacheFolder, `screens-${firmware}-${scheme}`);
  await rm(screens, { recursive: true, force: true });
  await mkdir(screens, { recursive: true });
  const configFile = path.join(folder, 'settings.yaml');
  await writeFile(configFile, settings);
  const appliance = await startAppliance(room, {
    data: path.join(folder, 'data'),
    images: path.join(folder, 'images'),
    logFile: path.join(screens, 'appliance.log'),
    configFile,
  });
  const { client } = appliance;
  const pc = await createPc(room, standardPc(1, firmware), path.join(folder, 'pc'));
  const screen = watchScreen(pc, screens);
  try {
    const serverUrl = `http://${room.address}:8080`;
    await stockSource(client, 'debian-13', files.netboot);
    await stockSource(client, 'debian-mirror', files.mirror);
    const profile = await addProfile(client, serverUrl, scheme);

    say('a PC with an empty disk is switched on');
    pc.powerOn({ noReboot: true });
    const machine = await discovered(client, pc.parts.mac, 10 * minuteMs);
    await pc.powerOff();
    const filed = await client.fileOrder({
      body: { kind: 'install', machine: machine.id, profile: profile.name, hostName },
    });

    const start = performance.now();
    const reached: Record<string, number> = {};
    let state = '';
    pc.powerOn();
    await orderUntil(
      client,
      filed.id,
      (order) => order.state === 'completed',
      170 * minuteMs,
      (order) => {
        if (order.state === state) return;
        state = order.state;
        reached[`${state}_seconds`] = rounded((performance.now() - start) / 1000);
        say(`${state} after ${reached[`${state}_seconds`]} s`);
        void screen.shoot(state);
      },
    );
    const order = await client.getOrder({ params: { id: filed.id } });
    const events = await client.orderEvents({ params: { id: filed.id } });
    assertHistory(events.map(({ to }) => to));
    if (events.filter(({ cause }) => / was fetched by \S+ over TLS$/.test(cause)).length < 2)
      throw new Error('answer and script were not both fetched over TLS');
    if (order.kind !== 'install' || order.evidence?.osRelease?.id !== 'debian')
      throw new Error(
        `the evidence is ${JSON.stringify(order.kind === 'install' ? order.evidence : order.kind)}`,
      );
    for (const { name, outcome, detail } of order.evidence.steps ?? []) say(`${name} ${outcome}: ${detail}`);
    if (!order.evidence.steps?.some(({ name, outcome }) => name === 'host-name' && outcome === 'done'))
      throw new Error('the agent has not personalised the system');
    if (order.bootedFromDiskAt === undefined) throw new Error('its boot from disk was not noted');

    await screen.shoot('end');
    await pc.powerOff();
    const system = await installedSystem(pc.diskFile);
    if (system.isLogical !== (scheme === 'lvm')) throw new Error(`the root is not on a ${scheme} disk`);
    if (system.hostName !== hostName || !system.osRelease.includes('VERSION_CODENAME=trixie'))
      throw new Error(`on the disk is ${system.hostName}, ${system.osRelease}`);
    const ca = await (await fetch(`${serverUrl}/authority.pem`)).text();
    const again = await statusOf(system.answerUrl, ca);
    if (again !== 410) throw new Error(`the answer is still served: ${again}`);
    return { metrics: reached, goals: { completed_seconds: '<=10200' } };
  } finally {
    screen.stop();
    await pc.powerOff();
    await appliance.kill();
    await rm(folder, { recursive: true, force: true });
  }
};
