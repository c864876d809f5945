import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AdminClient, createAdminClient } from '../api/client.ts';
import { defaultUrl } from '../cli/session.ts';
import { GreifError } from '../core/errors.ts';
import { exited, hasExited, spawnBound, stop } from './child.ts';
import type { Room } from './room.ts';

const project = path.resolve(import.meta.dirname, '../..');
const readyWithinMs = 120_000;

export interface ApplianceOptions {
  data: string;
  images: string;
  /** Where the log goes; it is appended to. */
  logFile: string;
  /** `server` unless told. */
  dhcp?: 'server' | 'proxy' | 'off';
  /** An operator's settings, over the defaults. */
  configFile?: string;
}

/** The real appliance, as its own process in the room. */
export interface Appliance {
  pid: number;
  client: AdminClient;
  url: string;
  /** As a power cut would. */
  kill(): Promise<void>;
  stop(): Promise<void>;
  /** Rejects when the appliance ends by itself. */
  failed: Promise<never>;
}

const lastLogLines = async (logFile: string): Promise<string> =>
  (await readFile(logFile, 'utf8')).trimEnd().split('\n').slice(-10).join('\n');

/** The image store outlives the data folders of the appliances that use it, so the key that its images are signed with has to as well. */
const shareKeys = async (data: string, images: string): Promise<void> => {
  const keys = path.join(path.dirname(images), 'keys');
  for (const folder of [data, keys]) await mkdir(folder, { recursive: true });
  await symlink(keys, path.join(data, 'keys')).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code !== 'EEXIST') throw thrown;
  });
};

/** Starts the appliance on the room's bridge and waits until it answers. Throws STEP_FAILED with its last log lines. */
export const startAppliance = async (
  room: Pick<Room, 'bridge'>,
  options: ApplianceOptions,
): Promise<Appliance> => {
  const { data, images, logFile, configFile, dhcp = 'server' } = options;
  const args = [
    'src/main.ts',
    '--interface',
    room.bridge,
    '--dhcp',
    dhcp,
    '--data',
    data,
    '--images',
    images,
  ];
  if (configFile) args.push('--config', configFile);
  await shareKeys(data, images);
  const log = createWriteStream(logFile, { flags: 'a' });
  await once(log, 'open');
  const child = spawnBound(process.execPath, args, { cwd: project, stdio: ['ignore', log, log] });
  log.close();
  let ending = false;
  const failed = exited(child).then(async () => {
    if (ending) return new Promise<never>(() => {});
    throw new GreifError(
      'STEP_FAILED',
      `the appliance ended; its last lines:\n${await lastLogLines(logFile)}`,
    );
  });
  failed.catch(() => {});
  const end = async (signal: NodeJS.Signals) => {
    ending = true;
    if (!hasExited(child)) await stop(child, signal);
  };
  const client = createAdminClient(defaultUrl);
  try {
    await Promise.race([failed, answers(client, logFile)]);
  } catch (error) {
    await end('SIGKILL');
    throw error;
  }
  return {
    pid: child.pid ?? 0,
    client,
    url: defaultUrl,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    failed,
  };
};

const answers = async (client: AdminClient, logFile: string): Promise<void> => {
  const deadline = AbortSignal.timeout(readyWithinMs);
  for (;;) {
    try {
      await client.listImages(undefined, { signal: deadline });
      return;
    } catch (error) {
      if (deadline.aborted)
        throw new GreifError(
          'STEP_FAILED',
          `the appliance did not answer within ${readyWithinMs / 1000} s; its last lines:\n${await lastLogLines(logFile)}`,
        );
      if (!(error instanceof GreifError) || error.code !== 'UNREACHABLE') throw error;
      await sleep(100);
    }
  }
};
