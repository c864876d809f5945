import type { DiskLayout, OsSystem, User, Value } from '../fleet/profile.ts';
import type { MachineValues } from './machine-values.ts';

/** Everything that the answer file of one install order is rendered from. */
export interface InstallValues {
  hostName: string;
  /** The DNS domain; none: the PC has only a host name. */
  domain?: string | undefined;
  order: { id: number };
  machine: MachineValues;
  system: OsSystem;
  /** As its maker counts: `12`, `24.04`, `9`, `11`, `2022`. */
  release: string;
  architecture: 'x64' | 'arm64';
  firmware: 'bios' | 'uefi';
  source: {
    /** Where the installer's own files are, `http://ADDRESS:PORT/sources/NAME/`. */
    url: string;
    /** Where packages come from; none: the maker's own servers. */
    mirrorUrl?: string | undefined;
    proxyUrl?: string | undefined;
  };
  disk: Omit<DiskLayout, 'bootDisk'> & {
    /** `/dev/disk/by-id/…` or `/dev/sda`; none: the PC's only disk. */
    device?: string | undefined;
  };
  users: readonly User[];
  /** As of `passwordHash` of a user; none: nobody logs in as root with a password. */
  rootPasswordHash?: string | undefined;
  packages: readonly string[];
  /** Of the tz database, `Europe/Berlin`. */
  timeZone: string;
  /** `de_DE.UTF-8` */
  locale: string;
  /** Names of xkb: `de`, `nodeadkeys`. */
  keyboard: { layout: string; variant?: string | undefined };
  /** Lines of the install script: POSIX sh, on Windows cmd. */
  postInstall: readonly string[];
  variables: Readonly<Record<string, Value>>;
  /** Absolute, good for this order only. */
  urls: {
    answer: string;
    progress: string;
    log?: { host: string; port: number } | undefined;
    finished: string;
    script: string;
  };
}
