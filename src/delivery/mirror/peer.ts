import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import { backOff, type RetryPolicy } from '../../core/back-off.ts';
import { GreifError } from '../../core/errors.ts';
import { parseJson } from '../../core/json.ts';
import type { ImageOffer, Wanted } from '../../image/transfer/offer.ts';
import { httpChunks } from '../http-chunks.ts';
import { mirrorPrefix, type OfferedList, offeredListSchema, offeredManifestSchema } from './protocol.ts';

export interface PeerOptions {
  /** `http://10.0.0.1:8080`: the other appliance's port for rooms. */
  url: string;
  /** Its `images.mirror.token`. */
  token: string;
  signal?: AbortSignal | undefined;
  /** A lost connection is tried again so often in a row. */
  attempts?: number;
  pause?: RetryPolicy;
}

/** Another appliance, as far as a mirror sees it. */
export interface Peer {
  list(): Promise<OfferedList>;
  /** Throws IMAGE_NOT_FOUND. */
  offer(ref: string): Promise<ImageOffer>;
  chunks: ImageOffer['chunks'];
  close(): void;
}

const silenceMilliseconds = 30_000;
/** Sums up to about a minute. */
const usualAttempts = 9;

/** Throws UNREACHABLE when it does not answer, or is no appliance; TOKEN_INVALID; what it refuses as it does. */
export const connectPeer = (options: PeerOptions): Peer => {
  const { url, token, signal, attempts = usualAttempts, pause = backOff() } = options;
  const base = url.replace(/\/+$/, '');
  const chunkClient = httpChunks({
    baseUrl: base,
    retry: pause,
    ...(signal && { signal }),
    onRetry({ attempt, error }) {
      if (attempt >= attempts) throw unreachable(base, error);
    },
  });

  const once = async (place: string): Promise<Response> => {
    const timeout = AbortSignal.timeout(silenceMilliseconds);
    const response = await fetch(`${base}${mirrorPrefix}/${place}`, {
      headers: { authorization: `Bearer ${token}` },
      redirect: 'error',
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    if (response.status >= 500) throw new Error(`HTTP ${response.status}`);
    return response;
  };

  /** The whole answer; a connection that breaks in it is tried again. */
  const ask = async (place: string): Promise<Buffer> => {
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await once(place);
        const bytes = Buffer.from(await response.arrayBuffer());
        if (response.status !== 200) throw refusal(base, place, response.status);
        return bytes;
      } catch (thrown) {
        signal?.throwIfAborted();
        if (thrown instanceof GreifError) throw thrown;
        if (attempt >= attempts) throw unreachable(base, thrown);
        await sleep(pause(attempt), undefined, signal && { signal });
      }
    }
  };

  const askFor = async <Schema extends z.ZodType>(
    place: string,
    schema: Schema,
  ): Promise<z.output<Schema>> => {
    const { success, data } = schema.safeParse(parseJson((await ask(place)).toString('utf8')));
    if (success) return data;
    throw new GreifError('UNREACHABLE', `what answers at ${base} is no Greif appliance that can be mirrored`);
  };

  async function* chunks(wanted: Wanted) {
    for await (const { id, packed } of chunkClient.stream(wanted.keys())) if (packed) yield { id, packed };
  }

  return {
    list: () => askFor('list', offeredListSchema),
    async offer(ref) {
      // What could not be a ref cannot be asked for.
      if (!/^[a-z0-9._@-]{1,128}$/.test(ref)) throw refusal(base, `manifests/${ref}`, 404);
      const { text, signature, signer } = await askFor(`manifests/${ref}`, offeredManifestSchema);
      return { text, signature, signer, index: (digest) => ask(`indexes/${digest}`), chunks };
    },
    chunks,
    close: () => chunkClient.close(),
  };
};

const unreachable = (base: string, thrown: unknown): GreifError => {
  const cause = thrown as { message?: string; cause?: { code?: string } };
  const reason = cause.cause?.code ?? cause.message ?? String(thrown);
  return new GreifError(
    'UNREACHABLE',
    `the appliance at ${base} does not answer (${reason}): what was fetched is kept`,
    {
      cause: thrown,
    },
  );
};

const refusal = (base: string, place: string, status: number): GreifError => {
  if (status === 401)
    return new GreifError(
      'TOKEN_INVALID',
      `the appliance at ${base} does not know this mirror token: it must be the one in images.mirror.token there`,
    );
  if (status === 404 && place.startsWith('manifests/'))
    return new GreifError('IMAGE_NOT_FOUND', `there is no image ${place.slice(10)} at ${base}`);
  return new GreifError(
    'UNREACHABLE',
    `the appliance at ${base} lets nobody mirror it (HTTP ${status} for ${place}): set images.mirror.token there`,
  );
};
