import { createHash, randomBytes } from 'node:crypto';

/** 256 random bits as 43 URL-safe characters: boot tokens and sessions. */
export const newToken = (): string => randomBytes(32).toString('base64url');

/** A short random id for a boot, request or log line (64 bits, 16 hex digits). */
export const newId = (): string => randomBytes(8).toString('hex');

/** SHA-256 as 64 hex digits. Tokens are kept only in this form. */
export const sha256Hex = (bytes: string | Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');
