import { parse } from 'yaml';
import { deviceOf } from '../disk-device.ts';
import type { AnswerFormat } from '../format.ts';
import type { InstallValues } from '../install-values.ts';
import { yaml } from '../syntaxes/data.ts';

type Action = Record<string, unknown> & { id: string; type: string };

const partition = (id: string, size: string | number, flag: Record<string, unknown> = {}): Action => ({
  id,
  type: 'partition',
  device: 'disk',
  size,
  ...flag,
});

const mounted = (id: string, volume: string, fileSystem: string, mountPoint: string): Action[] => [
  { id: `${id}-fs`, type: 'format', fstype: fileSystem, volume },
  { id: `${id}-mount`, type: 'mount', device: `${id}-fs`, path: mountPoint },
];

/** curtin's storage actions: each names those before it. */
const storageOf = (values: InstallValues): Record<string, unknown> => {
  const { table, scheme, fileSystem, swapMebibytes } = values.disk;
  const isUefi = values.firmware === 'uefi';
  const isLvm = scheme === 'lvm';
  const disk = { id: 'disk', type: 'disk', path: deviceOf(values), preserve: false, grub_device: !isUefi };
  const config: Action[] = [
    { ...disk, ptable: table === 'gpt' ? 'gpt' : 'msdos', wipe: 'superblock-recursive' },
    ...(isUefi ? [partition('efi', '538M', { flag: 'boot', grub_device: true })] : []),
    ...(!isUefi && table === 'gpt' ? [partition('bios', '1M', { flag: 'bios_grub' })] : []),
    ...(isLvm ? [partition('boot', '1G')] : []),
    partition(isLvm ? 'volumes' : 'root', -1),
    ...(isLvm
      ? [
          { id: 'group', type: 'lvm_volgroup', name: 'system', devices: ['volumes'] },
          { id: 'root', type: 'lvm_partition', name: 'root', volgroup: 'group', size: '100%' },
        ]
      : []),
    ...mounted('root', 'root', fileSystem, '/'),
    ...(isLvm ? mounted('boot', 'boot', 'ext4', '/boot') : []),
    ...(isUefi ? mounted('efi', 'efi', 'fat32', '/boot/efi') : []),
  ];
  const swap = swapMebibytes === undefined ? {} : { swap: { size: swapMebibytes && `${swapMebibytes}M` } };
  return { ...swap, config };
};

/** cloud-init wants no empty lists. */
const filled = (name: string, list: readonly string[] = []) => (list.length === 0 ? {} : { [name]: list });

/** cloud-init's users, of the installed system. With root among them there is no `ubuntu`, which it makes where there are none. */
const usersOf = ({ users, rootPasswordHash }: InstallValues): Record<string, unknown>[] => [
  { name: 'root', lock_passwd: rootPasswordHash === undefined },
  ...users.map(({ name, fullName, passwordHash, sshKeys, isAdmin, groups }) => ({
    name,
    gecos: fullName ?? '',
    shell: '/bin/bash',
    lock_passwd: passwordHash === undefined,
    ...(passwordHash !== undefined && { passwd: passwordHash }),
    ...filled('groups', [...(isAdmin ? ['adm', 'sudo'] : []), ...(groups ?? [])]),
    ...filled('ssh_authorized_keys', sshKeys),
  })),
];

const checkAutoinstall = (text: string): void => {
  if (!text.startsWith('#cloud-config\n')) throw new Error('its first line is not "#cloud-config"');
  if (parse(text)?.autoinstall?.version !== 1) throw new Error('it has no autoinstall with version: 1');
};

const text = 'text/plain; charset=utf-8';

/** Ubuntu's server and desktop installers, since 20.04. */
export const autoinstall: AnswerFormat = {
  name: 'autoinstall',
  syntax: yaml,
  files: [
    { name: 'user-data', contentType: text, template: 'autoinstall' },
    { name: 'meta-data', contentType: text, template: 'autoinstall-meta-data' },
    { name: 'vendor-data', contentType: text, template: 'autoinstall-vendor-data' },
  ],
  facts: (values) => ({
    instanceId: `greif-${values.order.id}`,
    storage: storageOf(values),
    accounts: usersOf(values),
    proxy: values.source.proxyUrl ?? null,
    apt: {
      geoip: false,
      ...(values.source.mirrorUrl !== undefined && {
        primary: [{ arches: ['default'], uri: values.source.mirrorUrl }],
      }),
    },
    wantsSsh: values.users.some(({ sshKeys }) => (sshKeys ?? []).length > 0),
  }),
  check: checkAutoinstall,
};
