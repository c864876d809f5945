import type { FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { newId } from '../core/ids.ts';

/** The kernel stamps changes by a clock that stands still for up to 10 ms (HZ=100): two within one tick look like one. */
const tickMs = 20;
const attempts = 5;

export interface FileVersion {
  sizeBytes: number;
  /** Differs whenever the content may differ. */
  version: string;
  /** When the file became what and where it is, in milliseconds since 1970. Never later than now. */
  changedAt: number;
}

/**
 * Made of the change time, which no program can set back: reproducible builds give different files the same size and modification time. A
 * file that changed a moment ago is waited for, so that a later change cannot get the same time; one that does not come to rest gets a
 * version that is never met again.
 */
export const versionOf = async (handle: FileHandle): Promise<FileVersion> => {
  for (let attempt = 1; ; attempt++) {
    const { ino, size, ctimeNs } = await handle.stat({ bigint: true });
    const changedAt = Number(ctimeNs / 1_000_000n);
    const ageMs = Date.now() - changedAt;
    const hasSettled = Math.abs(ageMs) > tickMs;
    if (!hasSettled && attempt < attempts) {
      await sleep(tickMs);
      continue;
    }
    const marks = [ino, size, ctimeNs].map((number) => number.toString(36));
    if (!hasSettled) marks.push(newId());
    return { sizeBytes: Number(size), version: marks.join('-'), changedAt: Math.min(changedAt, Date.now()) };
  }
};
