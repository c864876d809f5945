import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { type Lock, takeLock } from './lock.ts';

/** Which processes count on chunks, between processes: a locked file in `folder` for each. */
export interface Holds {
  /** This process counts on chunks until it is released. Waits while another process collects garbage. */
  take(): Promise<Lock>;
  /** Runs `work` when no other process counts on chunks, and lets none begin meanwhile; otherwise `undefined`, and nothing was done. */
  alone<Result>(work: () => Promise<Result>): Promise<Result | undefined>;
}

export const openHolds = async (folder: string): Promise<Holds> => {
  await mkdir(folder, { recursive: true });
  const gate = path.join(folder, 'gate');
  let holders = 0;
  let ours: { file: string; lock: Promise<Lock | undefined> } | undefined;
  let collecting = false;

  const lockHold = async (file: string): Promise<Lock | undefined> => {
    // While we collect, the gate is ours, and our own holders are known to us.
    const passed = collecting ? undefined : await takeLock(gate, 'shared', { wait: true });
    try {
      return await takeLock(file, 'exclusive', { wait: false });
    } finally {
      await passed?.release();
    }
  };

  const letGo = async ({ file, lock }: NonNullable<typeof ours>): Promise<void> => {
    if (--holders > 0) return;
    ours = undefined;
    const held = await lock.catch(() => undefined);
    await rm(file, { force: true });
    await held?.release();
  };

  const anybodyElse = async (): Promise<boolean> => {
    for (const name of await readdir(folder)) {
      const file = path.join(folder, name);
      if (!name.endsWith('.hold') || file === ours?.file) continue;
      const left = await takeLock(file, 'exclusive', { wait: false });
      if (!left) return true;
      await rm(file, { force: true });
      await left.release();
    }
    return false;
  };

  return {
    async take() {
      if (!ours) {
        const file = path.join(folder, `${randomBytes(8).toString('hex')}.hold`);
        ours = { file, lock: lockHold(file) };
      }
      const taken = ours;
      holders++;
      let held = true;
      const release = async () => {
        const first = held;
        held = false;
        if (first) await letGo(taken);
      };
      await taken.lock.catch(async (thrown) => {
        await release();
        throw thrown;
      });
      return { release };
    },
    async alone(work) {
      if (collecting) return undefined;
      collecting = true;
      const lock = await takeLock(gate, 'exclusive', { wait: false });
      try {
        return lock && !(await anybodyElse()) ? await work() : undefined;
      } finally {
        await lock?.release();
        collecting = false;
      }
    },
  };
};
