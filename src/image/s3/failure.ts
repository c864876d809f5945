import { GreifError } from '../../core/errors.ts';

/** What the SDK throws: an answer of the server, or a fault of the network. */
interface S3Failure extends Error {
  code?: string;
  $metadata?: { httpStatusCode?: number };
}

const passing = new Set([
  'RequestTimeout',
  'RequestTimeTooSkewed', // the SDK takes the server's clock from the answer: the next attempt is right
  'SlowDown',
  'TimeoutError',
  'InternalError',
  'BadDigest', // the bytes were damaged on their way
  'IncompleteBody',
]);
const certificate = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/;

const statusOf = (failure: S3Failure): number => failure.$metadata?.httpStatusCode ?? 0;

/** Whether asking again may help: the network, a timeout, a server that is overloaded or starting. */
export const mayPass = (thrown: unknown): boolean => {
  const failure = thrown as S3Failure;
  if (certificate.test(failure.code ?? '')) return false;
  const status = statusOf(failure);
  if (status === 507) return false;
  return passing.has(failure.name) || status === 0 || status === 429 || status >= 500;
};

export const isAbsent = (thrown: unknown): boolean =>
  ['NoSuchKey', 'NotFound'].includes((thrown as S3Failure).name);

/** A range that begins where the object has ended. */
export const isBehindEnd = (thrown: unknown): boolean => (thrown as Error).name === 'InvalidRange';

const remedies: Record<string, string> = {
  NoSuchBucket: 'there is no such bucket: make it, or correct images.s3.bucket',
  InvalidAccessKeyId:
    'the server does not know the access key: correct images.s3.accessKeyId or AWS_ACCESS_KEY_ID',
  SignatureDoesNotMatch:
    'the secret key is not the access key’s: correct images.s3.secretAccessKey or AWS_SECRET_ACCESS_KEY',
  AccessDenied:
    'the key may not do that in this bucket: it needs GetObject, PutObject, DeleteObject and ListBucket',
};

/** A failure as one sentence without the request's headers, which bear the key. */
const reason = (failure: S3Failure): string => {
  if (certificate.test(failure.code ?? ''))
    return `its certificate is not trusted (${failure.code}): name its authority in images.s3.caFile`;
  const remedy = remedies[failure.name];
  if (remedy) return remedy;
  const status = statusOf(failure);
  return status > 0
    ? `HTTP ${status} ${failure.name}`
    : `${failure.code ?? failure.name}: ${failure.message}`;
};

/**
 * Once, for every call of the bucket: STORE_FULL; UNREACHABLE when it did not answer; CONFIG_INVALID when it refuses for good. The
 * SDK's error is not kept as the cause, as it holds the request.
 */
export const bucketFailure = (thrown: unknown, place: string): GreifError => {
  const failure = thrown as S3Failure;
  if (statusOf(failure) === 507 || /Quota|Insufficient|StorageFull/.test(failure.name))
    return new GreifError(
      'STORE_FULL',
      `the bucket ${place} takes no more (${failure.name}): make room or raise its quota, then repeat: what is done already is kept`,
    );
  return new GreifError(
    mayPass(thrown) ? 'UNREACHABLE' : 'CONFIG_INVALID',
    `the bucket ${place} cannot be used: ${reason(failure)}`,
  );
};
