import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { GreifError } from '../core/errors.ts';
import { unlessPathMissing } from '../core/missing.ts';

/** Vouches for the appliance's HTTPS listeners. */
export interface Authority {
  /** Its certificate, PEM: for installers, and for people who check. */
  certificate: string;
  /** A new key, and a certificate for this IPv4 address; both PEM. */
  issue(address: string): Promise<{ key: string; cert: string }>;
}

/** Clients refuse what is valid for much longer; a listener gets a new one at each start. */
const listenerDays = '397';
const authorityDays = '7300';

/** A certificate with a new key. OpenSSL writes the key's file for its owner alone. */
const certify = async (keyFile: string, certificateFile: string, args: readonly string[]): Promise<void> => {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile];
  try {
    await promisify(execFile)('openssl', ['req', '-x509', ...key, '-out', certificateFile, ...args]);
  } catch (cause) {
    const { stderr = '', message } = cause as { stderr?: string; message: string };
    throw new GreifError(
      'CONFIG_INVALID',
      `openssl could not make a certificate, without which there is no HTTPS: ${stderr.trim() || message}`,
      { cause },
    );
  }
};

/**
 * The appliance's own authority, `authority.pem` and `authority.key` in a folder that is its owner's alone; made at the first start. Throws
 * CONFIG_INVALID when a file is damaged or openssl cannot be run.
 */
export const openAuthority = async (folder: string): Promise<Authority> => {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const fileOf = (name: string): string => path.join(folder, name);
  const [keyFile, certificateFile] = [fileOf('authority.key'), fileOf('authority.pem')];
  const present = () => readFile(certificateFile, 'utf8').catch(unlessPathMissing);

  const make = async (): Promise<string> => {
    const part = `${certificateFile}.part`;
    await certify(keyFile, part, [
      ...['-days', authorityDays, '-subj', '/O=Greif/CN=Greif appliance'],
      ...['-addext', 'basicConstraints=critical,CA:TRUE,pathlen:0'],
      ...['-addext', 'keyUsage=critical,keyCertSign'],
    ]);
    // Its name comes last: without it both files are made anew.
    await rename(part, certificateFile);
    return readFile(certificateFile, 'utf8');
  };

  const certificate = (await present()) ?? (await make());
  try {
    new X509Certificate(certificate);
  } catch (cause) {
    throw new GreifError(
      'CONFIG_INVALID',
      `${certificateFile} is damaged: bring it back from a backup, or remove it, and a new authority is made`,
      { cause },
    );
  }

  return {
    certificate,
    async issue(address) {
      const [listenerKey, listenerFile] = [fileOf(`${address}.key`), fileOf(`${address}.pem`)];
      await certify(listenerKey, listenerFile, [
        ...['-CA', certificateFile, '-CAkey', keyFile, '-days', listenerDays, '-subj', `/CN=${address}`],
        ...['-addext', `subjectAltName=IP:${address}`, '-addext', 'basicConstraints=critical,CA:FALSE'],
        ...['-addext', 'extendedKeyUsage=serverAuth'],
      ]);
      const [key, cert] = await Promise.all(
        [listenerKey, listenerFile].map((file) => readFile(file, 'utf8')),
      );
      return { key: key ?? '', cert: `${cert}${certificate}` };
    },
  };
};
