import { GreifError } from '../core/errors.ts';

/** A folder as PCs see it: `\\ADDRESS\NAME`. */
export interface SmbShare {
  /** Small letters, digits, dots, hyphens and underlines. */
  name: string;
  folder: string;
}

export interface SmbConfig {
  /** Names or addresses of the interfaces that PCs come by. */
  interfaces: readonly string[];
  port: number;
  /** For everything that smbd keeps. */
  stateFolder: string;
}

/** smb.conf(5) ends a value at the line and expands `%`. */
const value = (text: string): string => {
  if (/[%\n\r]/.test(text))
    throw new GreifError(
      'CONFIG_INVALID',
      `${JSON.stringify(text)} cannot be told to Samba: choose a data folder without % in its path`,
    );
  return text;
};

const section = (name: string, settings: Record<string, string>): string =>
  [`[${name}]`, ...Object.entries(settings).map(([key, text]) => `${key} = ${value(text)}`), ''].join('\n');

/** Signed, as Windows 11 24H2 demands, and with an account, as it takes no guests. Never a word of NetBIOS, printers or a domain. Pure. */
const globalSection = ({ interfaces, port, stateFolder }: SmbConfig): string =>
  section('global', {
    'server role': 'standalone server',
    'disable netbios': 'yes',
    'smb ports': String(port),
    interfaces: interfaces.join(' '),
    'bind interfaces only': 'yes',
    'server min protocol': 'SMB2_10',
    'server signing': 'mandatory',
    'map to guest': 'never',
    'username map': `${stateFolder}/accounts`,
    'passdb backend': `tdbsam:${stateFolder}/passwords.tdb`,
    'private dir': stateFolder,
    'lock directory': `${stateFolder}/locks`,
    'state directory': `${stateFolder}/locks`,
    'cache directory': `${stateFolder}/locks`,
    'pid directory': `${stateFolder}/locks`,
    'ncalrpc dir': `${stateFolder}/ncalrpc`,
    'load printers': 'no',
    printing: 'bsd',
    'printcap name': '/dev/null',
    'disable spoolss': 'yes',
    'enable core files': 'no',
    logging: 'file',
    'log file': `${stateFolder}/smbd.log`,
    'max log size': '1000',
  });

/** Windows asks for the right to execute a program, which files from a medium need not have here. */
const shareSection = ({ name, folder }: SmbShare): string =>
  section(name, {
    path: folder,
    'read only': 'yes',
    'guest ok': 'no',
    browseable: 'no',
    'force user': 'root',
    'follow symlinks': 'no',
    'acl allow execute always': 'yes',
    oplocks: 'yes',
  });

/** The text of smb.conf. Pure. Throws CONFIG_INVALID. */
export const smbConfig = (config: SmbConfig, shares: readonly SmbShare[]): string =>
  [globalSection(config), ...shares.map(shareSection)].join('\n');

/** smb.conf gives some names a meaning of their own (`homes`, `global`); none begins so. */
export const shareName = (source: string): string => `greif-${source}`;
