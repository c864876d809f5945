import { createReadStream } from 'node:fs';
import type http from 'node:http';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3';
import type { RetryPolicy } from '../../core/back-off.ts';
import { GreifError } from '../../core/errors.ts';
import type { ObjectStore } from '../ports.ts';
import { objectName } from '../store/object-name.ts';
import { openS3Client } from './client.ts';
import { bucketFailure, isAbsent, isBehindEnd } from './failure.ts';
import { inParts, putBack } from './parts.ts';
import { persist } from './persist.ts';
import type { S3Access } from './settings.ts';
import { putInParts, putWhole } from './upload.ts';

export interface S3Options {
  pause?: RetryPolicy;
  /** For names that only a test's resolver knows. */
  agentOptions?: http.AgentOptions;
}

const absent = (thrown: unknown): undefined => {
  if (isAbsent(thrown)) return undefined;
  throw thrown;
};

/**
 * Objects in a bucket of any S3 server. Calls that are not answered are repeated until `giveUpAfterSeconds` are over.
 * Throws UNREACHABLE, CONFIG_INVALID when the bucket refuses (no such bucket, wrong key, certificate not trusted), STORE_FULL.
 */
export const s3ObjectStore = (access: S3Access, { pause, agentOptions }: S3Options = {}): ObjectStore => {
  const client = openS3Client(access, agentOptions);
  const { bucket: Bucket, prefix } = access;
  const place = `${Bucket}/${prefix} at ${access.endpoint || access.region}`;
  const partBytes = access.partMebibytes * 2 ** 20;
  const persistence = { giveUpAfterMilliseconds: access.giveUpAfterSeconds * 1000, ...(pause && { pause }) };
  const call = <Result>(once: () => Promise<Result>): Promise<Result> =>
    persist(once, persistence).catch((thrown) => {
      const known = thrown instanceof GreifError || isAbsent(thrown) || isBehindEnd(thrown);
      throw known ? thrown : bucketFailure(thrown, place);
    });
  const keyOf = (name: string) => ({ Bucket, Key: `${prefix}${objectName(name)}` });

  const put = async (name: string, bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> => {
    const upload = { client, ...keyOf(name), call };
    const parts = inParts(bytes, partBytes);
    const first = await parts.next();
    const second = await parts.next();
    if (first.done) return;
    if (second.done) await putWhole(upload, first.value);
    else await putInParts(upload, putBack(first.value, putBack(second.value, parts)));
  };

  /** The body as well: a connection that breaks in the middle of it is asked again. */
  const fetchRange = async (
    key: ReturnType<typeof keyOf>,
    offset: number,
    length: number,
  ): Promise<Buffer> => {
    const Range = `bytes=${offset}-${offset + length - 1}`;
    const { Body, ContentLength } = await client.send(new GetObjectCommand({ ...key, Range }));
    const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
    if (bytes.length === ContentLength && bytes.length <= length) return bytes;
    throw new Error(`${bytes.length} instead of ${ContentLength ?? length} bytes came`);
  };

  const size = async (name: string): Promise<number | undefined> => {
    const head = await call(() => client.send(new HeadObjectCommand(keyOf(name)))).catch(absent);
    return head?.ContentLength;
  };

  return {
    put,
    putFile: (name, file) => put(name, createReadStream(file, { highWaterMark: 2 ** 20 })),
    async read(name, offset, length) {
      const key = keyOf(name);
      const nothing = async () => ((await size(name)) === undefined ? undefined : Buffer.alloc(0));
      if (length === 0) return nothing();
      return call(() => fetchRange(key, offset, length)).catch((thrown) =>
        isBehindEnd(thrown) ? nothing() : absent(thrown),
      );
    },
    size,
    async *list(namePrefix) {
      for (let ContinuationToken: string | undefined, more = true; more; ) {
        const query = { Bucket, Prefix: `${prefix}${namePrefix}`, ContinuationToken };
        const page = await call(() => client.send(new ListObjectsV2Command(query)));
        for (const { Key = '', Size = 0 } of page.Contents ?? [])
          yield { name: Key.slice(prefix.length), sizeBytes: Size };
        ContinuationToken = page.NextContinuationToken;
        more = page.IsTruncated === true && ContinuationToken !== undefined;
      }
    },
    async remove(name) {
      await call(() => client.send(new DeleteObjectCommand(keyOf(name)))).catch(absent);
    },
  };
};
