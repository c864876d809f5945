import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawnBound, stop } from '../../src/lab/child.ts';
import { debianMirror } from '../../src/lab/debian/system.ts';
import { createPc } from '../../src/lab/pc.ts';
import { runContained, run as runProgram } from '../../src/lab/program.ts';
import { enterRoom, type Room } from '../../src/lab/room.ts';
import { standardPc } from '../../src/lab/standard-pc.ts';
import { type Benchmark, rounded } from '../bench/result.ts';

const project = path.resolve(import.meta.dirname, '../..');
/** Sites behind a proxy with an authority of its own: the base image trusts whom this machine trusts. */
const ownAuthorities = 'usr/local/share/ca-certificates';
const healthUrl = 'http://127.0.0.1:8470/healthz';
const upWithinMs = 60_000;
const agentWithinMs = 300_000;

const say = (line: string): void => void process.stderr.write(`container: ${line}\n`);
const secondsSince = (start: number): number => rounded((performance.now() - start) / 1000);

/** Buildah with a store of its own, without a daemon and without a container runtime. */
const buildahIn = (folder: string) => {
  const args = ['--root', path.join(folder, 'store'), '--runroot', path.join(folder, 'run')];
  args.push('--storage-driver', 'vfs');
  return {
    args,
    run: async (...verb: string[]): Promise<string> =>
      (await runProgram('buildah', [...args, ...verb])).trim(),
  };
};

type Buildah = ReturnType<typeof buildahIn>;

/** A Debian base image, as there is no registry to pull one from. */
const makeBase = async (buildah: Buildah, folder: string): Promise<string> => {
  const system = path.join(folder, 'base');
  await runContained('debootstrap', ['--variant=minbase', 'bookworm', system, await debianMirror()]);
  await cp(`/${ownAuthorities}`, path.join(system, ownAuthorities), { recursive: true }).catch(() => {});
  const container = await buildah.run('from', 'scratch');
  await buildah.run('copy', '--quiet', container, system, '/');
  await buildah.run('commit', '--quiet', '--rm', container, 'greif-base');
  return 'localhost/greif-base';
};

interface ImageConfig {
  User?: string;
  Entrypoint: string[];
  Healthcheck?: { Test: string[] };
}

const isHealthy = async (): Promise<boolean> => {
  const deadline = Date.now() + upWithinMs;
  while (Date.now() < deadline) {
    const answer = await fetch(healthUrl).catch(() => undefined);
    if (answer?.ok) return true;
    await sleep(200);
  }
  return false;
};

/** Seconds from a PC's power-on to its agent: DHCP, TFTP and HTTP all came out of the container. */
const secondsToAgent = async (room: Room, folder: string): Promise<number> => {
  const pc = await createPc(room, standardPc(1, 'bios'), path.join(folder, 'pc'));
  const start = performance.now();
  pc.powerOn();
  try {
    await pc.serial.waitFor(/greif: agent \S+ is running/, agentWithinMs);
    return secondsSince(start);
  } finally {
    await pc.powerOff();
  }
};

/** Capabilities that Docker grants by itself. */
const capabilities = ['--cap-add=CAP_NET_BIND_SERVICE', '--cap-add=CAP_NET_RAW'];

const tryImage = async (buildah: Buildah, folder: string) => {
  const container = await buildah.run('from', 'localhost/greif');
  const inspected = JSON.parse(await buildah.run('inspect', container));
  const config: ImageConfig = inspected.Docker.config;
  const inside = ['run', '--isolation', 'chroot', ...capabilities, container, '--'];
  const user = Number(await buildah.run(...inside, 'id', '-u'));
  const room = await enterRoom();
  const command = [...config.Entrypoint, '--interface', room.bridge, '--dhcp', 'server'];
  // In a process namespace of its own, so that nothing of it outlasts us.
  const contained = ['--mount-proc', '--pid', '--fork', '--kill-child', 'buildah', ...buildah.args];
  const appliance = spawnBound('unshare', [...contained, ...inside, ...command], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  try {
    await once(appliance, 'spawn');
    const healthy = await isHealthy();
    const [, ...check] = config.Healthcheck?.Test ?? [];
    if (healthy) await buildah.run(...inside, ...check);
    return { user, agentSeconds: await secondsToAgent(room, folder) };
  } finally {
    await stop(appliance, 'SIGKILL');
  }
};

/**
 * The Dockerfile, built by Buildah on a base from debootstrap and tried: it runs as an ordinary user, its health check passes, and a PC
 * boots from it to the agent. Needs root and the network. Throws with the failing program's last words.
 */
export const run: Benchmark = async () => {
  await mkdir(path.join(project, 'data'), { recursive: true });
  const folder = await mkdtemp(path.join(project, 'data/container-'));
  try {
    const buildah = buildahIn(folder);
    say('making the Debian base');
    const base = await makeBase(buildah, folder);
    say('building the image: npm packages, boot/, Debian packages');
    const start = performance.now();
    // OCI's own format has no health check.
    const build = [
      'bud',
      '--format',
      'docker',
      '--isolation',
      'chroot',
      '--build-arg',
      `BASE=${base}`,
      '--tag',
      'greif',
      project,
    ];
    await runContained('buildah', [...buildah.args, ...build], {
      onLine: (line) => /^\[\d|^STEP/.test(line) && say(line),
    });
    const buildSeconds = secondsSince(start);
    say('starting it, and a PC');
    const { user, agentSeconds } = await tryImage(buildah, folder);
    return {
      metrics: { build_seconds: buildSeconds, user, seconds_to_agent: agentSeconds },
      goals: { user: '>=1', seconds_to_agent: `<=${agentWithinMs / 1000}` },
    };
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
};
