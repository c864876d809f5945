import { createHmac } from 'node:crypto';
import { newToken, sha256Hex } from '../core/ids.ts';

/** What a token is good for: the answer's files, the install's script, a step of the installer, its end, the system's own report. */
export const purposes = ['answer', 'script', 'progress', 'finished', 'report'] as const;
export type Purpose = (typeof purposes)[number];
export type InstallTokens = Record<Purpose, string>;

const made = (from: string, purpose: Purpose): string =>
  createHmac('sha256', from).update(`greif-install/1 ${purpose}`).digest('base64url');

/** What goes with a script: made of its own token. */
const tokensFromScript = (script: string): Omit<InstallTokens, 'answer'> => ({
  script,
  progress: made(script, 'progress'),
  finished: made(script, 'finished'),
  report: made(script, 'report'),
});

/**
 * All tokens of a boot, from the one in its boot script. Only hashes are kept, and an answer must name the others each time it is rendered:
 * so each is made of the one before it (HMAC-SHA256). Who has a later one learns no earlier.
 */
export const tokensFrom = (answer: string): InstallTokens => ({
  answer,
  ...tokensFromScript(made(answer, 'script')),
});

export const newInstallTokens = (): InstallTokens => tokensFrom(newToken());

export const tokenHashes = (tokens: InstallTokens): { hash: string; purpose: Purpose }[] =>
  purposes.map((purpose) => ({ hash: sha256Hex(tokens[purpose]), purpose }));

/** Absolute addresses, good for one boot of one order. */
export interface InstallUrls {
  /** The folder of the answer's files, with a slash at the end; empty where it is over. */
  answer: string;
  script: string;
  progress: string;
  finished: string;
  report: string;
}

/** Where the appliance is asked; without a slash at the end. */
export interface ServerUrls {
  serverUrl: string;
  /** For what holds secrets, the answer and its script: over TLS where the installer knows whom to trust. */
  secretsUrl: string;
}

const urlsOf = (
  { serverUrl, secretsUrl }: ServerUrls,
  tokens: Omit<InstallTokens, 'answer'>,
): Omit<InstallUrls, 'answer'> => ({
  script: `${secretsUrl}/install/${tokens.script}/script`,
  progress: `${serverUrl}/install/${tokens.progress}/progress`,
  finished: `${serverUrl}/install/${tokens.finished}/finished`,
  report: `${serverUrl}/install/${tokens.report}/report`,
});

/** Where an installer, and the system that it installs, find the appliance. */
export const installUrls = (answer: string, servers: ServerUrls): InstallUrls => ({
  answer: `${servers.secretsUrl}/install/${answer}/`,
  ...urlsOf(servers, tokensFrom(answer)),
});

/** The same for a script, which knows the way to its answer no more. */
export const scriptUrls = (script: string, servers: ServerUrls): InstallUrls => ({
  answer: '',
  ...urlsOf(servers, tokensFromScript(script)),
});

const tokenInPath = /\/install\/[^/\s"'<>?#]+/g;

/** The same text without the tokens of the paths in it: for logs, as installers print where they get things from. */
export const withoutTokens = (text: string): string => text.replaceAll(tokenInPath, '/install/…');
