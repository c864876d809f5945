import type { IncomingMessage, ServerResponse } from 'node:http';
import { decideAnswer, type Representation } from './decide-answer.ts';
import { type SendBytesOptions, type SentFile, sendBytes } from './send-bytes.ts';

/**
 * Answers a GET or HEAD for a file: whole, a part of it, or that the client has it already. Throws when the client goes, stands still, or when the file
 * has become shorter.
 */
export const sendFile = async (
  file: SentFile,
  form: Omit<Representation, 'sizeBytes'>,
  request: IncomingMessage,
  response: ServerResponse,
  options: SendBytesOptions,
): Promise<void> => {
  const { status, headers, part } = decideAnswer(request, { ...form, sizeBytes: file.sizeBytes });
  response.writeHead(status, headers);
  if (part) await sendBytes(file, part, response, options);
  else response.end();
};
