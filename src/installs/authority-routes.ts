import type { IncomingMessage, ServerResponse } from 'node:http';
import { asGreifError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Authority } from './authority.ts';
import { trustInitrd } from './trust-initrd.ts';

/** The initrd that makes an installer trust the authority. */
export const trustPath = '/authority.cpio';

const files: Readonly<Record<string, { contentType: string; bytes(authority: Authority): Buffer }>> = {
  [trustPath]: { contentType: 'application/x-cpio', bytes: trustInitrd },
  '/authority.pem': {
    contentType: 'application/x-pem-file',
    bytes: ({ certificate }) => Buffer.from(certificate),
  },
};

/** Whom to trust, for installers and for people who check. Answers a request and returns true, or leaves it alone and returns false. */
export const createAuthorityRoutes =
  (authority: () => Promise<Authority>, log: Log) =>
  (request: IncomingMessage, response: ServerResponse): boolean => {
    const file = request.url && Object.hasOwn(files, request.url) ? files[request.url] : undefined;
    if (!file || !['GET', 'HEAD'].includes(request.method ?? '')) return false;
    authority().then(
      (made) => {
        const bytes = file.bytes(made);
        response.writeHead(200, { 'Content-Type': file.contentType, 'Content-Length': bytes.length });
        response.end(request.method === 'HEAD' ? undefined : bytes);
      },
      (fault: unknown) => {
        log.error('the authority cannot be told', { reason: asGreifError(fault).message });
        response.writeHead(500).end();
      },
    );
    return true;
  };
