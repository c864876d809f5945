import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { GreifError } from '../core/errors.ts';
import { unlessPathMissing } from '../core/missing.ts';

/** Vouches for the appliance's HTTPS listeners. */
export interface Authority {
  /** Its certificate, PEM: for installers, and for people who check. */
  certificate: string;
  /** OpenSSL's hash of its subject, by which a folder of certificates is searched: 8 hexadecimal digits. */
  subjectHash: string;
  /** A new key, and a certificate for this IPv4 address; both PEM. */
  issue(address: string): Promise<{ key: string; cert: string }>;
}

const listenerDays = 397;
const authorityDays = 7300;
/** A PC whose clock lost its battery is years behind, and must get its answer all the same. */
const validFrom = '20000101000000Z';
const validUntil = (days: number): string =>
  new Date(Date.now() + days * 86_400_000).toISOString().replace(/[-:T]|\.\d+/g, '');

const openssl = async (...args: string[]): Promise<string> => {
  try {
    return (await promisify(execFile)('openssl', args)).stdout;
  } catch (cause) {
    const { stderr = '', message } = cause as { stderr?: string; message: string };
    throw new GreifError(
      'CONFIG_INVALID',
      `openssl could not make a certificate, without which there is no HTTPS: ${stderr.trim() || message}`,
      { cause },
    );
  }
};

interface Wanted {
  keyFile: string;
  certificateFile: string;
  subject: string;
  days: number;
  /** As openssl's configuration has them, a line each. */
  extensions: readonly string[];
  /** Absent: it vouches for itself. */
  issuer?: { keyFile: string; certificateFile: string };
}

/** A certificate with a new key. OpenSSL writes the key's file for its owner alone. */
const certify = async (folder: string, wanted: Wanted): Promise<void> => {
  const { keyFile, certificateFile, subject, days, extensions, issuer } = wanted;
  const work = await mkdtemp(path.join(folder, 'certificate-'));
  const inWork = (name: string): string => path.join(work, name);
  const [request, settings] = [inWork('request.pem'), inWork('openssl.cnf')];
  const signing = issuer
    ? ['-cert', issuer.certificateFile, '-keyfile', issuer.keyFile]
    : ['-selfsign', '-keyfile', keyFile];
  try {
    const own = ['[own]', `database=${inWork('issued')}`, `new_certs_dir=${work}`, 'policy=any'];
    const policy = ['default_md=sha256', 'rand_serial=yes', '[any]', 'O=optional', 'CN=supplied'];
    await writeFile(settings, [...own, ...policy, '[wanted]', ...extensions, ''].join('\n'));
    await writeFile(inWork('issued'), '');
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile];
    await openssl('req', '-new', ...key, '-subj', subject, '-out', request);
    const section = ['-config', settings, '-name', 'own', '-extensions', 'wanted'];
    const time = ['-startdate', validFrom, '-enddate', validUntil(days)];
    const files = ['-in', request, '-out', certificateFile];
    await openssl('ca', '-batch', '-notext', ...section, ...signing, ...time, ...files);
  } finally {
    await rm(work, { recursive: true, force: true });
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
    await certify(folder, {
      ...{ keyFile, certificateFile: part, subject: '/O=Greif/CN=Greif appliance', days: authorityDays },
      extensions: ['basicConstraints=critical,CA:TRUE,pathlen:0', 'keyUsage=critical,keyCertSign'],
    });
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

  const subjectHash = (await openssl('x509', '-in', certificateFile, '-noout', '-subject_hash')).trim();

  return {
    certificate,
    subjectHash,
    async issue(address) {
      const [listenerKey, listenerFile] = [fileOf(`${address}.key`), fileOf(`${address}.pem`)];
      await certify(folder, {
        ...{
          keyFile: listenerKey,
          certificateFile: listenerFile,
          subject: `/CN=${address}`,
          days: listenerDays,
        },
        extensions: [
          `subjectAltName=IP:${address}`,
          'basicConstraints=critical,CA:FALSE',
          'extendedKeyUsage=serverAuth',
        ],
        issuer: { keyFile, certificateFile },
      });
      const [key, cert] = await Promise.all(
        [listenerKey, listenerFile].map((file) => readFile(file, 'utf8')),
      );
      return { key: key ?? '', cert: `${cert}${certificate}` };
    },
  };
};
