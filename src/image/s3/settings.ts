import { z } from 'zod';
import { GreifError } from '../../core/errors.ts';

const minimumPartMebibytes = 5; // S3's own rule for all parts but the last

/** Where the bucket is, as the configuration says it. */
export const s3Schema = z.strictObject({
  /** `https://s3.example.edu`, `http://10.0.0.5:9000`; empty: AWS's own for the region. */
  endpoint: z.union([z.literal(''), z.url({ protocol: /^https?$/ })]),
  region: z.string().min(1),
  bucket: z
    .string()
    .regex(/^(?:|[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])$/, 'a bucket’s name: 3 to 63 of a-z, 0-9, "." and "-"'),
  /** Put before every object's name: several appliances can share a bucket. */
  prefix: z
    .string()
    .regex(/^(?:|[\w!.*'()-]+(?:\/[\w!.*'()-]+)*\/)$/, 'empty, or folders with a slash at the end: greif/'),
  /** The bucket in the address' path, which every server knows; else in its host name. */
  pathStyle: z.boolean(),
  /** Empty: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the environment. */
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  /** PEM of the authority that signed the server's certificate; empty: those that Node trusts. */
  caFile: z.string(),
  /** A connection that is silent for so long is lost. */
  timeoutSeconds: z.number().positive(),
  /** How long a store that does not answer is asked again, before the work fails. */
  giveUpAfterSeconds: z.number().nonnegative(),
  /** Objects larger than this go up in parts of it. */
  partMebibytes: z.number().int().min(minimumPartMebibytes).max(1024),
});

export type S3Settings = z.infer<typeof s3Schema>;

export interface S3Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

/** All that opening the bucket takes: plain values, so that it can be handed to another process. It holds a secret: never log it. */
export interface S3Access extends Omit<S3Settings, 'accessKeyId' | 'secretAccessKey' | 'caFile'> {
  credentials: S3Credentials;
  /** PEM. */
  ca: string | undefined;
}

/** Whose key is used: the configuration's, else the environment's. Throws CONFIG_INVALID when there is none. */
export const s3Credentials = (
  settings: Pick<S3Settings, 'accessKeyId' | 'secretAccessKey'>,
  environment: NodeJS.ProcessEnv,
): S3Credentials => {
  const { accessKeyId, secretAccessKey } = settings;
  if (accessKeyId && secretAccessKey) return { accessKeyId, secretAccessKey };
  const [id, secret] = [environment['AWS_ACCESS_KEY_ID'], environment['AWS_SECRET_ACCESS_KEY']];
  if (!accessKeyId && !secretAccessKey && id && secret)
    return { accessKeyId: id, secretAccessKey: secret, sessionToken: environment['AWS_SESSION_TOKEN'] };
  throw new GreifError(
    'CONFIG_INVALID',
    'the S3 store needs a key: set images.s3.accessKeyId and secretAccessKey, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment (both of a pair)',
  );
};
