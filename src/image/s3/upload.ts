import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { GreifError } from '../../core/errors.ts';

export interface Upload {
  client: S3Client;
  Bucket: string;
  Key: string;
  /** Runs a call until it is answered (see persist.ts). */
  call<Result>(once: () => Promise<Result>): Promise<Result>;
}

/** Parts on their way at a time. */
const partsAtOnce = 4;

const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes);

/**
 * An ETag that is an MD5 must be that of the bytes. Of parts, and of what the server encrypts, it is something else;
 * `Content-MD5`, which the server has checked, covers these.
 */
const assertWhole = (ETag: string | undefined, bytes: Uint8Array, Key: string): void => {
  const told = /^"?([0-9a-f]{32})"?$/.exec(ETag ?? '')?.[1];
  if (told && told !== md5(bytes).digest('hex'))
    throw new GreifError(
      'UNREACHABLE',
      `the bucket kept other bytes of ${Key} than were sent: look for a proxy that changes them`,
    );
};

/** In one request. */
export const putWhole = async ({ client, Bucket, Key, call }: Upload, bytes: Uint8Array): Promise<void> => {
  const input = { Bucket, Key, Body: bytes, ContentMD5: md5(bytes).digest('base64') };
  const { ETag, ServerSideEncryption } = await call(() => client.send(new PutObjectCommand(input)));
  if (!ServerSideEncryption) assertWhole(ETag, bytes, Key);
};

/** In parts, a few at a time; the object appears when the last one is there. A failed upload is taken back. */
export const putInParts = async (upload: Upload, parts: AsyncIterator<Uint8Array>): Promise<void> => {
  const { client, Bucket, Key, call } = upload;
  const { UploadId } = await call(() => client.send(new CreateMultipartUploadCommand({ Bucket, Key })));
  try {
    const sent = await sendParts(upload, UploadId, parts);
    await call(() => complete(upload, UploadId, sent));
  } catch (thrown) {
    // If this fails too, the bucket's own rule for unfinished uploads removes it later.
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })).catch(() => {});
    throw thrown;
  }
};

interface SentParts {
  Parts: CompletedPart[];
  sizeBytes: number;
}

/** When it throws, no part is under way any more. */
const sendParts = async (
  { client, Bucket, Key, call }: Upload,
  UploadId: string | undefined,
  parts: AsyncIterator<Uint8Array>,
): Promise<SentParts> => {
  const sent: SentParts = { Parts: [], sizeBytes: 0 };
  let failed = false;
  let taken = 0;
  const sendOne = async (): Promise<boolean> => {
    const PartNumber = ++taken;
    const next = await parts.next(); // asked for at once by several, answered in order
    if (next.done || failed) return false;
    const Body = next.value;
    const input = { Bucket, Key, UploadId, PartNumber, Body, ContentMD5: md5(Body).digest('base64') };
    const { ETag } = await call(() => client.send(new UploadPartCommand(input)));
    sent.Parts[PartNumber - 1] = { PartNumber, ETag };
    sent.sizeBytes += Body.length;
    return true;
  };
  const sendAll = async (): Promise<void> => {
    while (!failed && (await sendOne()));
  };
  const fail = (thrown: unknown): never => {
    failed = true;
    throw thrown;
  };
  const ended = await Promise.allSettled(Array.from({ length: partsAtOnce }, () => sendAll().catch(fail)));
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
  return sent;
};

/** Repeated after a lost answer, the upload is not there any more because the object is. */
const complete = async (
  { client, Bucket, Key }: Upload,
  UploadId: string | undefined,
  { Parts, sizeBytes }: SentParts,
): Promise<void> => {
  const input = { Bucket, Key, UploadId, MultipartUpload: { Parts } };
  try {
    await client.send(new CompleteMultipartUploadCommand(input));
  } catch (thrown) {
    if ((thrown as Error).name !== 'NoSuchUpload') throw thrown;
    const { ContentLength } = await client.send(new HeadObjectCommand({ Bucket, Key }));
    if (ContentLength !== sizeBytes) throw thrown;
  }
};
