import { deviceOf, withoutDev } from '../disk-device.ts';
import type { AnswerFormat } from '../format.ts';
import type { InstallValues } from '../install-values.ts';
import { unfit } from '../syntax.ts';
import { kickstart as syntax } from '../syntaxes/kickstart.ts';

interface Volume {
  mountPoint: string;
  fileSystem: string;
  /** MiB; none: what is left. */
  size?: number;
}

const partitionsOf = (values: InstallValues): Volume[] => {
  const { disk, firmware } = values;
  const loader: Volume[] =
    firmware === 'uefi'
      ? [{ mountPoint: '/boot/efi', fileSystem: 'efi', size: 600 }]
      : disk.table === 'gpt'
        ? [{ mountPoint: 'biosboot', fileSystem: 'biosboot', size: 1 }]
        : [];
  const boot: Volume[] =
    disk.scheme === 'lvm' ? [{ mountPoint: '/boot', fileSystem: 'ext4', size: 1024 }] : [];
  return [...loader, ...boot, ...(disk.scheme === 'lvm' ? [] : volumesOf(values))];
};

/** In a volume group, or as partitions. */
const volumesOf = ({ disk }: InstallValues): Volume[] => {
  const swap: Volume[] =
    disk.swapMebibytes === 0
      ? []
      : [{ mountPoint: 'swap', fileSystem: 'swap', ...(disk.swapMebibytes && { size: disk.swapMebibytes }) }];
  return [...swap, { mountPoint: '/', fileSystem: disk.fileSystem }];
};

/** The time server has a line of its own since RHEL 9. */
const hasTimesource = ({ system, release }: InstallValues): boolean =>
  system === 'fedora' || Number.parseInt(release, 10) >= 9;

/** Anaconda: RHEL and its kin since 8, Fedora. */
export const kickstart: AnswerFormat = {
  name: 'kickstart',
  syntax,
  files: [{ name: 'ks.cfg', contentType: 'text/plain; charset=utf-8', template: 'kickstart' }],
  facts: (values) => {
    if (values.disk.fileSystem === 'btrfs' && values.system === 'rhel')
      throw unfit('disk.fileSystem', 'a partition of this installer', 'RHEL and its kin have no btrfs');
    return {
      drive: withoutDev(deviceOf(values)),
      hasTimesource: hasTimesource(values),
      fullHostName: values.domain === undefined ? values.hostName : `${values.hostName}.${values.domain}`,
      partitions: partitionsOf(values).map((volume) => ({ size: null, ...volume })),
      volumes:
        values.disk.scheme === 'lvm' ? volumesOf(values).map((volume) => ({ size: null, ...volume })) : [],
      vconsole: values.keyboard.layout,
      xlayouts: values.keyboard.variant
        ? `${values.keyboard.layout} (${values.keyboard.variant})`
        : values.keyboard.layout,
      accounts: values.users.map((user) => ({
        name: user.name,
        fullName: user.fullName ?? '',
        passwordHash: user.passwordHash ?? null,
        groups: [...(user.isAdmin ? ['wheel'] : []), ...(user.groups ?? [])].join(','),
        sshKeys: user.sshKeys ?? [],
      })),
      rootHash: values.rootPasswordHash ?? null,
      repositories:
        values.source.mirrorUrl === undefined
          ? { isSource: true }
          : { isSource: false, url: values.source.mirrorUrl },
    };
  },
};
