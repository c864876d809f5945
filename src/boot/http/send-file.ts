import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BootFolder, StoredFile } from '../boot-folder.ts';
import { acceptedCodings, type ContentCoding } from './content-coding.ts';
import { decideAnswer } from './decide-answer.ts';
import { type SendBytesOptions, sendBytes } from './send-bytes.ts';

interface ChosenFile {
  file: StoredFile;
  coding?: ContentCoding;
}

/**
 * The file, or its compressed form that lies beside it, for a client that takes that. A compressed form that is older than the file is left
 * over from another version and not used. Throws BOOTFILE_NOT_FOUND or ACCESS_VIOLATION.
 */
const openFor = async (
  folder: BootFolder<StoredFile>,
  path: string,
  acceptEncoding: string | undefined,
): Promise<ChosenFile> => {
  const file = await folder.open(path);
  for (const coding of acceptedCodings(acceptEncoding)) {
    const packed = await folder.open(`${path}${coding.suffix}`).catch(() => undefined);
    if (packed && packed.changedAt >= file.changedAt) {
      await file.close();
      return { file: packed, coding };
    }
    await packed?.close();
  }
  return { file };
};

/** Answers a GET or HEAD for a boot file. Firmware follows no redirect and wants a Content-Length on HEAD. */
export const sendFile = async (
  folder: BootFolder<StoredFile>,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  options: SendBytesOptions,
): Promise<void> => {
  const { file, coding } = await openFor(folder, path, request.headers['accept-encoding']);
  try {
    const { sizeBytes, version, changedAt } = file;
    const form = { sizeBytes, etag: `"${version}"`, modifiedAt: changedAt, coding };
    const { status, headers, part } = decideAnswer(request, form);
    response.writeHead(status, headers);
    if (part) await sendBytes(file, part, response, options);
    response.end();
  } finally {
    await file.close();
  }
};
