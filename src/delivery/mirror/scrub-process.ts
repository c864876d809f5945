/** The process in which the store is scrubbed (see start-scrub.ts). */
import { serveApart } from '../../core/serve-apart.ts';
import { openArchive } from '../../image/archive/read-archive.ts';
import { openStoreAt } from '../../image/store/store-place.ts';
import { type Scrubbing, scrub } from '../../image/transfer/scrub.ts';
import { connectPeer } from './peer.ts';
import type { ScrubRequest } from './start-scrub.ts';

/** Chunks need no token: their ids are proof enough. */
const openSource = async (from: string, signal: AbortSignal) =>
  /^http:/.test(from) ? connectPeer({ url: from, token: '', signal, attempts: 3 }) : await openArchive(from);

serveApart<ScrubRequest, { doneBytes: number; totalBytes: number }, Scrubbing>(
  async ({ place, repairFrom, bytesPerSecond, resume }, { report, signal }) => {
    const opened = await Promise.all(repairFrom.map((from) => openSource(from, signal)));
    const sources = opened.map(({ chunks }) => chunks);
    const store = await openStoreAt(place);
    return scrub({ store, sources, bytesPerSecond, resume, onProgress: report, signal });
  },
);
