import { deviceOf } from '../disk-device.ts';
import type { AnswerFormat } from '../format.ts';
import type { InstallValues } from '../install-values.ts';
import { shell } from '../syntax.ts';
import { json } from '../syntaxes/data.ts';

const volume = (mountPoint: string, type: string, size: unknown) => ({
  filesystem: { path: mountPoint, type },
  ...(size === undefined ? {} : { size }),
});

/** Agama makes the partitions from which firmware starts by itself. */
const storageOf = (values: InstallValues) => {
  const { scheme, fileSystem, swapMebibytes, table } = values.disk;
  const swap =
    swapMebibytes === 0
      ? []
      : [volume('swap', 'swap', swapMebibytes === undefined ? undefined : `${swapMebibytes} MiB`)];
  const volumes = [...swap, volume('/', fileSystem, { min: '4 GiB' })];
  const isLvm = scheme === 'lvm';
  const drive = {
    search: deviceOf(values),
    alias: 'disk',
    ptableType: table === 'gpt' ? 'gpt' : 'msdos',
    partitions: [{ search: '*', delete: true }, ...(isLvm ? [] : volumes)],
  };
  if (!isLvm) return { boot: { configure: true, device: 'disk' }, drives: [drive] };
  const group = {
    name: 'system',
    physicalVolumes: [{ generate: ['disk'] }],
    logicalVolumes: volumes.map((one) => ({
      name: one.filesystem.type === 'swap' ? 'swap' : 'root',
      ...one,
    })),
  };
  return { boot: { configure: true, device: 'disk' }, drives: [drive], volumeGroups: [group] };
};

/** Its only user; the others are made by the install script. */
const userOf = ({ users: [user] }: InstallValues) =>
  user && {
    userName: user.name,
    fullName: user.fullName ?? user.name,
    password: user.passwordHash ?? '!',
    hashedPassword: true,
  };

/** SUSE Linux Enterprise 16, openSUSE Leap 16 and Tumbleweed; the release is the product's id. */
export const agama: AnswerFormat = {
  name: 'agama',
  syntax: json,
  files: [{ name: 'agama.json', contentType: 'application/json', template: 'agama' }],
  facts: (values) => ({
    storage: storageOf(values),
    user: userOf(values) ?? null,
    keymap: values.keyboard.variant
      ? `${values.keyboard.layout}(${values.keyboard.variant})`
      : values.keyboard.layout,
    fullHostName: values.domain === undefined ? values.hostName : `${values.hostName}.${values.domain}`,
    post: [
      '#!/bin/sh',
      'set -e',
      `curl -fsS --retry 5 -o /root/greif-install ${shell.write(values.urls.script)}`,
      'sh /root/greif-install',
      'rm /root/greif-install',
      `curl -fsS --retry 5 -o /dev/null ${shell.write(values.urls.finished)}`,
      '',
    ].join('\n'),
  }),
  check: (text) => void JSON.parse(text),
};
