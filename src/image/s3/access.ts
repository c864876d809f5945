import { readFile } from 'node:fs/promises';
import { GreifError } from '../../core/errors.ts';
import { type S3Access, type S3Settings, s3Credentials } from './settings.ts';

/** The settings with what they lean on: the key and the authority's certificate. Throws CONFIG_INVALID that names what is missing. */
export const s3Access = async (settings: S3Settings, environment: NodeJS.ProcessEnv): Promise<S3Access> => {
  const { accessKeyId: _id, secretAccessKey: _secret, caFile, ...rest } = settings;
  if (settings.bucket === '')
    throw new GreifError('CONFIG_INVALID', 'images.s3.bucket: name the bucket that the images are kept in');
  const readCa = () =>
    readFile(caFile, 'utf8').catch((cause) => {
      throw new GreifError('CONFIG_INVALID', `images.s3.caFile cannot be read: ${cause.message}`, { cause });
    });
  return {
    ...rest,
    credentials: s3Credentials(settings, environment),
    ca: caFile === '' ? undefined : await readCa(),
  };
};
