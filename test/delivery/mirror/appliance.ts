import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAdminClient } from '../../../src/api/client.ts';
import type { Job } from '../../../src/api/contract/job.ts';

const program = path.resolve(import.meta.dirname, '../../../src/main.ts');
const readyWithinMs = 60_000;

export interface ApplianceOptions {
  /** Holds all that is its own. */
  folder: string;
  interface: string;
  /** Of its admin API. */
  host: string;
  images?: object;
}

/** The real appliance as a process of its own; it may be killed and started again over the same folder. */
export const startAppliance = async ({ folder, interface: face, host, images = {} }: ApplianceOptions) => {
  await mkdir(folder, { recursive: true });
  const config = path.join(folder, 'config.yaml');
  await writeFile(config, JSON.stringify({ admin: { host }, images }));
  const at = (name: string) => path.join(folder, name);
  const args = [
    '--interface',
    face,
    '--dhcp',
    'off',
    '--config',
    config,
    '--data',
    at('data'),
    '--images',
    at('images'),
  ];
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (text) => (log += text));
  const ended = once(child, 'close');
  const client = createAdminClient(`http://${host}:8470`);
  const until = performance.now() + readyWithinMs;
  while (!(await client.listImages().catch(() => undefined))) {
    if (performance.now() > until || child.exitCode !== null) throw new Error(`no appliance: ${log}`);
    await sleep(50);
  }

  /** Follows a job; `during` may look at it while it runs. Returns it as it ended. */
  const finish = async (started: Promise<Job>, during: (job: Job) => unknown = () => {}): Promise<Job> => {
    let job = await started;
    while (job.state === 'running') {
      if ((await during(job)) === 'enough') break;
      await sleep(20);
      job = await client.getJob({ params: { id: job.id } });
    }
    return job;
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await ended;
  };
  return { client, finish, log: () => log, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') };
};
