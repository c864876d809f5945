import type { OsSystem } from '../../fleet/profile.ts';

/** What an installer is told on its kernel's command line. Addresses are absolute and escaped as in a URL. */
export interface InstallerFacts {
  /** The source's own files, with a slash at the end. */
  sourceUrl: string;
  /** The ISO that the source was made of. */
  isoUrl?: string | undefined;
  /** The folder of the answer's files, with a slash at the end. */
  answerFolderUrl: string;
  /** The answer's first file. */
  answerUrl: string;
  /** The network card that the PC came in on. */
  mac: string;
  hostName: string;
  domain?: string | undefined;
  /** Where its log goes (RFC 5424 or 3164, UDP). */
  log?: { host: string; port: number } | undefined;
  /** An initrd with whom to trust, where the answer is at an HTTPS address. */
  trustUrl?: string | undefined;
  /** The operator's own words, which count for installers as they do for the agent. */
  kernelWords: readonly string[];
}

/** PXELINUX's form: the hardware type, then the MAC. */
const bootif = ({ mac }: InstallerFacts): string => `BOOTIF=01-${mac.replaceAll(':', '-')}`;

/** Installation guide of Debian, appendix B.2: the answer is fetched before any question. What stands behind `---` stays in the new system. */
const debian = (facts: InstallerFacts): string[] => [
  'auto=true',
  'priority=critical',
  `url=${facts.answerUrl}`,
  'interface=auto',
  bootif(facts),
  // Without these the installer stops and asks, where DHCP names no name server or no router.
  'netcfg/get_nameservers=',
  'netcfg/no_default_route=true',
  `hostname=${facts.hostName}`,
  ...(facts.domain === undefined ? [] : [`domain=${facts.domain}`]),
  ...(facts.log ? [`log_host=${facts.log.host}`, `log_port=${facts.log.port}`] : []),
  '---',
  ...facts.kernelWords,
];

/** casper fetches the whole ISO into memory; cloud-init wants the folder of user-data and meta-data. */
const ubuntu = (facts: InstallerFacts): string[] => [
  'ip=dhcp',
  bootif(facts),
  ...(facts.isoUrl === undefined ? [] : [`url=${facts.isoUrl}`]),
  'autoinstall',
  'cloud-config-url=/dev/null',
  `ds=nocloud-net;s=${facts.answerFolderUrl}`,
  '---',
  ...facts.kernelWords,
];

/** Anaconda's boot options. A kickstart with hashes is not kept on the new system. */
const anaconda = (facts: InstallerFacts): string[] => [
  `inst.repo=${facts.sourceUrl}`,
  `inst.ks=${facts.answerUrl}`,
  'inst.nosave=all_ks',
  'ip=dhcp',
  bootif(facts),
  ...(facts.log ? [`inst.syslog=${facts.log.host}:${facts.log.port}`] : []),
  ...facts.kernelWords,
];

/** linuxrc's parameters. */
const autoyast = (facts: InstallerFacts): string[] => [
  `install=${facts.sourceUrl}`,
  `autoyast=${facts.answerUrl}`,
  'netsetup=dhcp',
  bootif(facts),
  ...(facts.log ? [`loghost=${facts.log.host}:${facts.log.port}`] : []),
  ...facts.kernelWords,
];

/** A live system of dracut's (dracut.cmdline(7)), whose Agama fetches its profile. */
const agama = (facts: InstallerFacts): string[] => [
  `root=live:${facts.sourceUrl}LiveOS/squashfs.img`,
  'ip=dhcp',
  'rd.neednet=1',
  `inst.auto=${facts.answerUrl}`,
  ...facts.kernelWords,
];

/** archiso's hooks: the live system by HTTP, then the script that starts archinstall. */
const arch = (facts: InstallerFacts): string[] => [
  'archisobasedir=arch',
  `archiso_http_srv=${facts.sourceUrl}`,
  'ip=dhcp',
  bootif(facts),
  'cms_verify=n',
  `script=${facts.answerUrl}`,
  ...facts.kernelWords,
];

/** Flatcar in memory, whose Ignition file writes it to the disk. */
const flatcar = (facts: InstallerFacts): string[] => [
  'flatcar.first_boot=1',
  `ignition.config.url=${facts.answerUrl}`,
  ...facts.kernelWords,
];

/** By system; the others are not started by a kernel and its arguments. */
export const kernelArguments: Partial<Record<OsSystem, (facts: InstallerFacts) => string[]>> = {
  debian,
  ubuntu,
  rhel: anaconda,
  fedora: anaconda,
  'suse-autoyast': autoyast,
  'suse-agama': agama,
  arch,
  flatcar,
};

/** Installers whose programs trust the certificates in their initrd's /etc/ssl/certs, where OpenSSL looks them up by the hash of their subject. */
export const trustsByInitrd: ReadonlySet<OsSystem> = new Set(['debian']);
