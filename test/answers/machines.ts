import type { InstallValues } from '../../src/answers/install-values.ts';

const hash = '$6$greif$qW8/0nTzS3lBmKfJr1nJj0Q5c3O1VqZ0Yh1m0eU9gq3E2u6k1c7v4b8n2m5x9z0a1s3d5f7g9h2j4k6l8';

/** A plain PC of a lab, started by BIOS. */
export const plainPc: InstallValues = {
  hostName: 'r101-01',
  domain: 'lab.example.org',
  order: { id: 7 },
  machine: {
    name: 'pc-525400000001',
    room: 'R101',
    serial: 'SN-1',
    manufacturer: 'QEMU',
    product: 'Standard PC',
    uuid: '00000000-0000-4000-8000-000000000001',
    macs: ['52:54:00:00:00:01'],
  },
  system: 'debian',
  release: '12',
  architecture: 'x64',
  firmware: 'bios',
  source: { url: 'http://10.0.0.1:8080/sources/netboot/' },
  disk: { firmware: 'auto', table: 'mbr', scheme: 'plain', fileSystem: 'ext4' },
  users: [],
  rootPasswordHash: hash,
  packages: [],
  timeZone: 'Europe/Berlin',
  locale: 'de_DE.UTF-8',
  keyboard: { layout: 'de' },
  postInstall: [],
  variables: {},
  urls: {
    answer: 'http://10.0.0.1:8080/install/k1/',
    progress: 'http://10.0.0.1:8080/install/k1/progress',
    finished: 'http://10.0.0.1:8080/install/k1/finished',
    script: 'http://10.0.0.1:8080/install/k1/script',
  },
};

/** A PC with UEFI, a mirror, a proxy, volumes, users, packages, a log. */
export const fullPc: InstallValues = {
  ...plainPc,
  hostName: 'r202-17',
  order: { id: 8 },
  machine: { ...plainPc.machine, name: 'pc-17', room: 'R202 & "Süd"', serial: "<'17'>" },
  firmware: 'uefi',
  source: {
    ...plainPc.source,
    mirrorUrl: 'http://10.0.0.1:3142/debian/',
    proxyUrl: 'http://10.0.0.1:3128/',
  },
  disk: {
    firmware: 'uefi',
    table: 'gpt',
    scheme: 'lvm',
    fileSystem: 'xfs',
    swapMebibytes: 2048,
    device: '/dev/disk/by-id/ata-QEMU_HARDDISK_QM00001',
  },
  users: [
    {
      name: 'anna',
      fullName: "Änna O'Größe",
      passwordHash: hash,
      sshKeys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGreif anna@"lab" $(x)'],
      isAdmin: true,
      groups: ['dialout', 'plugdev'],
    },
    { name: 'gast', isAdmin: false },
  ],
  rootPasswordHash: undefined,
  packages: ['openssh-server', 'vim'],
  keyboard: { layout: 'de', variant: 'nodeadkeys' },
  postInstall: ['echo {{ machine.room }} >/etc/room', 'test -s /etc/room || exit 3'],
  urls: { ...plainPc.urls, log: { host: '10.0.0.1', port: 514 } },
};

/** As the first, with GPT, a proxy and no way to log in with a password. */
export const lockedPc: InstallValues = {
  ...plainPc,
  hostName: 'kiosk',
  domain: undefined,
  order: { id: 9 },
  disk: {
    firmware: 'bios',
    table: 'gpt',
    scheme: 'plain',
    fileSystem: 'ext4',
    swapMebibytes: 512,
    device: '/dev/sda',
  },
  rootPasswordHash: undefined,
  timeZone: 'Etc/UTC',
  locale: 'en_US.UTF-8',
  keyboard: { layout: 'us' },
};

export const machines = { plain: plainPc, full: fullPc, locked: lockedPc };

/** With a disk that is named, for installers that ask nobody. */
export const disked = (values: InstallValues): InstallValues => ({
  ...values,
  disk: { ...values.disk, device: values.disk.device ?? '/dev/vda' },
});
