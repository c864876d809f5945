import http from 'node:http';
import https from 'node:https';
import { S3Client } from '@aws-sdk/client-s3';
import type { S3Access } from './settings.ts';

/** Connections at once: a server answers one request at a time on each. */
const mostSockets = 32;

/** The SDK's client. It tries once: `persist` knows about bodies that break off as well. */
export const openS3Client = (access: S3Access, agentOptions: http.AgentOptions = {}): S3Client => {
  const { endpoint, region, pathStyle, credentials, ca, timeoutSeconds } = access;
  const options = { keepAlive: true, maxSockets: mostSockets, ...agentOptions };
  const timeout = timeoutSeconds * 1000;
  return new S3Client({
    ...(endpoint && { endpoint }),
    region,
    forcePathStyle: pathStyle,
    credentials: { ...credentials, sessionToken: credentials.sessionToken ?? '' },
    maxAttempts: 1,
    // Its newer checksums come as trailers, which many servers refuse; we send an MD5, which all check.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: timeout,
      socketTimeout: timeout,
      httpAgent: new http.Agent(options),
      httpsAgent: new https.Agent({ ...options, ...(ca !== undefined && { ca }) }),
    },
  });
};
