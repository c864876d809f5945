import type { TftpOptions } from '../../wire/tftp/packet.ts';

/** How one transfer runs. */
export interface Terms {
  mode: 'octet' | 'netascii';
  blksize: number;
  windowsize: number;
  /** Asked for by the client; without it the time-out follows the measured round trip. */
  timeoutSeconds: number | undefined;
  /** What the OACK says; empty: no OACK is sent. */
  accepted: Map<string, string>;
}

/** Ethernet's 1500 bytes less the headers of IP (20), UDP (8) and TFTP (4): larger blocks would go out in fragments. */
const largestBlock = 1468;
/** 64 blocks fit into any client's receive buffer. */
const largestWindow = 64;

/** A decimal number within the bounds that its RFC gives, else `undefined`. */
const number = (text: string | undefined, minimum: number, maximum: number): number | undefined => {
  if (text === undefined || !/^\d{1,10}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= minimum && value <= maximum ? value : undefined;
};

/**
 * What we accept of the options asked for: blksize (RFC 2348), timeout and tsize (RFC 2349), windowsize (RFC 7440). Others, and values
 * out of bounds, are left out as RFC 2347 wants it; so is the size of a netascii transfer, which shows only at its end.
 */
export const negotiate = (mode: Terms['mode'], asked: TftpOptions, sizeBytes: number): Terms => {
  const blksize = number(asked.get('blksize'), 8, 65464);
  const windowsize = number(asked.get('windowsize'), 1, 65535);
  const timeoutSeconds = number(asked.get('timeout'), 1, 255);
  const tsize = number(asked.get('tsize'), 0, Number.MAX_SAFE_INTEGER);
  const terms: Terms = {
    mode,
    blksize: Math.min(blksize ?? 512, largestBlock),
    windowsize: Math.min(windowsize ?? 1, largestWindow),
    timeoutSeconds,
    accepted: new Map(),
  };
  if (blksize !== undefined) terms.accepted.set('blksize', String(terms.blksize));
  if (timeoutSeconds !== undefined) terms.accepted.set('timeout', String(timeoutSeconds));
  if (tsize !== undefined && mode === 'octet') terms.accepted.set('tsize', String(sizeBytes));
  if (windowsize !== undefined) terms.accepted.set('windowsize', String(terms.windowsize));
  return terms;
};
