import { type Clock, isoTime } from '../core/clock.ts';
import { asGreifError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Service } from '../core/start-all.ts';
import type { BootSessionStore } from '../fleet/ports.ts';
import type { BootJournal } from './journal/journal.ts';

/** Forged MACs may add some ten thousand small boots in that time before they go. */
const pruneMs = 10 * 60_000;
/** A boot session is of no use once its PC has been started again or its order has ended. */
const bootSessionsKeptMs = 7 * 24 * 3_600_000;

/** Removes boot sessions and boots that are too old, now and then; closing waits for a removal that is under way. */
export const forgetOldBoots = (parts: {
  sessions: BootSessionStore;
  journal: BootJournal;
  clock: Clock;
  log: Log;
}): Service => {
  const { sessions, journal, clock, log } = parts;
  const prune = async (): Promise<void> => {
    try {
      await sessions.prune(isoTime(clock() - bootSessionsKeptMs));
      await journal.prune();
    } catch (error) {
      log.error('old boots could not be removed', { reason: asGreifError(error).message });
    }
  };
  let running = prune();
  const timer = setInterval(() => {
    running = running.then(prune);
  }, pruneMs).unref();
  return {
    close() {
      clearInterval(timer);
      return running;
    },
  };
};
