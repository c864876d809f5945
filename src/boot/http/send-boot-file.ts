import type { IncomingMessage, ServerResponse } from 'node:http';
import { acceptedCodings, type ContentCoding } from '../../http/content-coding.ts';
import type { SendBytesOptions } from '../../http/send-bytes.ts';
import { sendFile } from '../../http/send-file.ts';
import type { BootFolder, StoredFile } from '../boot-folder.ts';

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
export const sendBootFile = async (
  folder: BootFolder<StoredFile>,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  options: SendBytesOptions,
): Promise<void> => {
  const { file, coding } = await openFor(folder, path, request.headers['accept-encoding']);
  try {
    const { version, changedAt } = file;
    const form = { etag: `"${version}"`, modifiedAt: changedAt, coding };
    await sendFile(file, form, request, response, options);
  } finally {
    await file.close();
  }
};
