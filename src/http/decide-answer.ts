import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { checkConditions, rangeStillFits, type Validators } from './conditions.ts';
import type { ContentCoding } from './content-coding.ts';
import { type ByteRange, readRange } from './range.ts';

/** The form of a file that was chosen for this client. */
export interface Representation extends Validators {
  sizeBytes: number;
  coding?: ContentCoding | undefined;
}

export interface Answer {
  status: 200 | 206 | 304 | 412 | 416;
  headers: OutgoingHttpHeaders;
  /** What to send; absent when there is no body. */
  part?: ByteRange | undefined;
}

export interface FileRequest {
  method?: string | undefined;
  headers: IncomingHttpHeaders;
}

/** Status, header fields and the part of the file that a GET or HEAD is answered with. Pure. */
export const decideAnswer = ({ method, headers: asked }: FileRequest, form: Representation): Answer => {
  const { sizeBytes, etag, modifiedAt, coding } = form;
  const validators: OutgoingHttpHeaders = {
    ETag: etag,
    'Last-Modified': new Date(modifiedAt).toUTCString(),
    Vary: 'Accept-Encoding',
  };
  const condition = checkConditions(asked, form);
  if (condition === 'not-modified') return { status: 304, headers: validators };
  if (condition === 'precondition-failed')
    return { status: 412, headers: { ...validators, 'Content-Length': 0 } };
  // Ranges are for GET only (RFC 9110 section 14.2).
  const range =
    method === 'GET' && rangeStillFits(asked['if-range'], etag)
      ? readRange(asked.range, sizeBytes)
      : undefined;
  const headers: OutgoingHttpHeaders = {
    ...validators,
    'Content-Type': 'application/octet-stream',
    'Accept-Ranges': 'bytes',
    ...(coding && { 'Content-Encoding': coding.name }),
  };
  if (range === 'unsatisfiable')
    return {
      status: 416,
      headers: { ...validators, 'Content-Range': `bytes */${sizeBytes}`, 'Content-Length': 0 },
    };
  const part = range ?? { first: 0, last: sizeBytes - 1 };
  return {
    status: range ? 206 : 200,
    headers: {
      ...headers,
      'Content-Length': part.last + 1 - part.first,
      ...(range && { 'Content-Range': `bytes ${range.first}-${range.last}/${sizeBytes}` }),
    },
    ...(method === 'GET' && { part }),
  };
};
